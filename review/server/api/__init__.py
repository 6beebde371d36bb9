"""The JSON interface `/v1`, one file for each group of routes."""

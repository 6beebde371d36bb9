"""Keeps findings and serves the pages on which people decide."""

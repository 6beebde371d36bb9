"""Fits, tunes, calibrates and measures the reader of talk (`claims/classifier`)."""

"""Counts words that follow one another in the project's own sentences."""

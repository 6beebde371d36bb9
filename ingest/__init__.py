"""Captures a broadcast into chained segments, and decodes what was recorded."""

"""What was heard, seen and covered, stretch by stretch, and what ails a broadcast: so that silence means something.

Imports `events` and the database.
"""

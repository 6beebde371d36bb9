"""The tables as one portable schema for SQLite and PostgreSQL, one file for each room's rows."""

"""The database: engine, tables, migrations, insert-or-update, and whose row is whose.

May import `review.errors` alone; every room of the domain may import it. All tables are here, so that two rooms can
ask about the same rows without importing each other.
"""

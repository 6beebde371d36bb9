"""The audit trail, hash-chained, and the installation's keys that sign what leaves it.

May import `db` and `events`: a transaction writes its events first and its trail last.
"""

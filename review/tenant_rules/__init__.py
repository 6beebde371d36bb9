"""What a customer sets for itself, in versions that are never changed: thresholds of suggestions, words of its own.

May import `tenants`, `streams`, `audit` and `db`.
"""

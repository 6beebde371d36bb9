"""Registered passports: read, checked, kept in versions, found again by code.

May import `tenants`, `judge_pool` (big records are read there), `audit` and `db`.
"""

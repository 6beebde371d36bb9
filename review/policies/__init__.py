"""Policies as they were handed in: kept by hash, proposed and approved by two people, put in force and back.

May import `accounts`, `audit` and `db`.
"""

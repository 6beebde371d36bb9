"""Customers: their keys, what a key may do, and whose row is whose.

May import `accounts`, `audit`, `enforcement` (a host's file as its customer sees it) and `db`.
"""

"""Recordings that customers have analysed again, by another model, policy or passport, and what differs then.

May import `tenants`, `scheduling`, `streams` and `audit`.
"""

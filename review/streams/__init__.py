"""Broadcasts as they were received: segments, passages, findings, coverage, and what stands corrected.

May import `db`, `events` and the presentation of nothing; it knows no case and no customer's order.
"""

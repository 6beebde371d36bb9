"""Events sent to customers' addresses: fan-out, outbox, delivery, retries, dead letters.

May import `events`, `tenants`, `audit` and `db`.
"""

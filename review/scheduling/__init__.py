"""Which broadcasts should run and who works on them: orders, leases, workers, admission.

May import `streams`, `audit` and `events`.
"""

"""A pool of processes that judge texts for callers: a fair queue before them, a deadline for each job.

May import `policies` and `tenants`.
"""

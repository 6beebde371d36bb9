"""Judging for callers: a few processes, a fair queue before them, a deadline for each job."""

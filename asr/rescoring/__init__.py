"""Candidate words weighed against what was heard on the same sound. Pure.

May import `types` alone.
"""

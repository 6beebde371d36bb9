"""Analyses recorded broadcasts again, beside what is stored of them, and compares what is found.

May import `stages` and `background`.
"""

"""Screens many files side by side in processes, each once, and goes on where a batch before stopped.

May import `stages` and `background`.
"""

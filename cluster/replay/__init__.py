"""Judges stored broadcasts again under two policies and compares what is found.

May import `stages` and `background`.
"""

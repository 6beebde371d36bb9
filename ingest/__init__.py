"""Captures a broadcast into chained segments, and decodes what was recorded.

Rooms from the top: `capture` and `clips` use `recording`, `decode` and `sandbox`; these use `media`; all use `errors`
and `types`. Imports `net` alone; nothing of Ray, pages or databases.
"""

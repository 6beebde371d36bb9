"""Carries the stages across processes and machines; knows no rule of its own.

Rooms from the top: `ray` runs `live` and `scheduler` on machines; `live`, `batch`, `replay` and `local` drive `stages`.
May import every package but `cli` and `bench`.
"""

"""Evidence beyond this machine's disk: kept under its hash, brought back, removed when it is erased.

Also by what a broadcast is judged, and clips that are cut from recordings. May import `cases` and `streams`.
"""

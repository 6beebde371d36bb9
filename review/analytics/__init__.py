"""What decisions teach: how right each rule is, where findings are, which words it misses.

May import `cases`, `scheduling`, `streams` and `presentation`.
"""

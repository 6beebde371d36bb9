"""What `zhenyan policy` does besides validating: explain, measure, migrate, propose a candidate.

May import `cli.shell` alone of `cli`.
"""

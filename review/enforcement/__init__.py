"""Due process: strikes, penalty points, measures with two people and a notice, answers, appeals, retention.

May import `cases`, `evidence`, `streams`, `audit`, `events` and `presentation`.
"""

"""What decisions teach the reader: labels out of decided cases, fits and their cards, candidates in shadow.

May import `policies`, `replays`, `cases`, `streams`, `accounts`, `audit` and `db`.
"""

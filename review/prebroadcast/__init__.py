"""The pre-broadcast check: scripts, product pages, captions and catalogues, with advice on lawful wording.

May import `judge_pool`, `passports` and `presentation`.
"""

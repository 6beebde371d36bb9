"""Archives that customers hand in to be screened.

May import `scheduling`, `audit` and `events`.
"""

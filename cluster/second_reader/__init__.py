"""A language model that reads what is in doubt, beside the broadcasts and never in their way.

May import `live`, `batch`, `replay` and `stages`, and the store of the review.
"""

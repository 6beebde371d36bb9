"""Recognises which of the listed products is on sale: reference pictures, bar codes, embeddings, a timeline.

May import `errors` and `types`.
"""

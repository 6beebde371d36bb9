"""Finds and reads lines of text in one picture: detection, recognition, the models' weights.

May import `boxes`, `errors` and `types`.
"""

"""Follows lines of text from frame to frame and reads again only what changed.

May import `ocr`, `layout`, `boxes`, `errors` and `types`.
"""

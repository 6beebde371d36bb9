"""What the places of words mean: whose they are, which belong together, which prices are struck, which marks stood.

May import `ocr` (to compare words), `boxes`, `errors` and `types`.
"""

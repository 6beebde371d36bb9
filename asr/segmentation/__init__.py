"""Voice activity detection and endpointing: one stream's audio becomes cuts of speech.

May import `recogniser`, `errors` and `types`.
"""

"""From an engine's readings to an utterance: words, pauses, hotwords, and what a recogniser invents. Pure.

May import `recogniser`, `errors` and `types`.
"""

"""Which cuts share an encoder call, in which right-sized window, and on how many engines. Pure.

May import `recogniser`, `errors` and `types`.
"""

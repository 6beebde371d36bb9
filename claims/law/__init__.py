"""The law as it is cited: citations in short and in print, and the articles they name, each with its time in force.

Articles lie in `configs/laws`, word for word; a policy says which of them a claim is held against (`law:` in its class
files), and this folder says whether their text is known on the day of a broadcast. May import `claims.types`.
"""

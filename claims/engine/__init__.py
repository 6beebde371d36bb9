"""How claims are understood: the rooms of the engine, each with one idea.

They may import the policy, the window and the types of `claims`; nothing outside `claims` imports from inside a room,
only from its `__init__`.
"""

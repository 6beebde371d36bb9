"""What commands share that work on a server over HTTP, or on the store of this machine in its place.

May import `config` and `shell`.
"""

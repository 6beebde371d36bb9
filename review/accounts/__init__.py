"""Who works at the desk: accounts, sessions, roles, passwords.

May import `db` and `audit`. How a request proves who sends it is `server.auth`.
"""

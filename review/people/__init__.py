"""Who works at the desk: accounts, sessions, roles."""

"""Settings: packaged defaults, a file, the environment; and what other packages take from them.

May import `cli.shell` alone of `cli`.
"""

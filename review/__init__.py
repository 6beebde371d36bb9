"""Keeps what was found in broadcasts, and serves the pages on which people decide.

`errors` and `api_errors` are what can go wrong, `db` is the database. The rooms between them and `server` are the
domain: none of them knows a web framework. `server` is HTTP: the API, the pages, who may call. `stores` makes every
store over one database for whoever starts a process, and no room imports it; `client` is for programs elsewhere and
imports nothing of the project. Rooms import downwards only, in the order that `pyproject.toml` gives to import-linter.
"""

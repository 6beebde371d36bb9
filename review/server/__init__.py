"""HTTP: the API for programs, the pages for people, and who may call either.

The only room that knows FastAPI. May import every other one; none imports it.
"""

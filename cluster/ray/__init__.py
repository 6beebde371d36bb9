"""Thin actors on Ray around `live` and `scheduler`, how they are launched, found, called and ended.

The only room that imports `ray`. May import every other room of `cluster`.
"""

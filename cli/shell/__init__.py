"""What every command shares: terminal, tables, options, folders and who may read them, records in and out.

Imports no other room of `cli`.
"""

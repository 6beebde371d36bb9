"""The log of events of each customer: what the rooms write in their transactions and others read by cursor.

May import `db`. A room that reacts to another one reads its events, or is handed in through a protocol.
"""

"""The live service without Ray: shards that drive broadcasts, pools that share engines, judges that store.

May import `stages`.
"""

"""The live service: shards that capture and decode, pools that hear and read, judges that store what they find."""

"""How words are hidden or heard wrong, and how they are read: a file for each way, `layers` for all in order."""

"""What a text says before any claim is sought in it: characters, numbers, units, words and their likelihood."""

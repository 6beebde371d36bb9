"""The policy as data: its schema and loader, the language of its patterns, lexicons and other tables."""

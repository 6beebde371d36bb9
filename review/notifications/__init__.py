"""What people are told by mail of what waits for them: as often as each wants it, and only where something does."""

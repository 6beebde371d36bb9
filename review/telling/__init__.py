"""What customers are told: one log of events for each, read by cursor, followed live, or sent to their addresses."""

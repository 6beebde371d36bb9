"""A language model that reads what is in doubt, beside the broadcasts and never in their way."""

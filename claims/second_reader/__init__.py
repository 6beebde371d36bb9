"""What a language model is asked of a finding that is in doubt, and what its answer changes: pure, no model."""

"""Archives that customers hand in to be screened."""

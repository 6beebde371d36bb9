"""Makes and hears speech: what the packaged recogniser writes for sentences that were spoken to it."""

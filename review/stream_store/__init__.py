"""Broadcasts in the database: what is written of them while they run, and what is read of them."""

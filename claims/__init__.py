"""Understands what was said or shown and holds it against passport, law and policy."""

"""Fits how what is said is linked to what is registered (`claims/engine/linking`)."""

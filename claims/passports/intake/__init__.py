"""What a passport is refused for when it comes in, beside what its form refuses; `checks` for all of it."""

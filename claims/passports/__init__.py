"""Passports of goods: the forms in which they come, what is refused at the door, what claims are held against."""

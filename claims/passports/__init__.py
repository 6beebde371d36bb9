"""Passports of goods: the forms in which they come, what `intake` refuses, what claims are held against."""

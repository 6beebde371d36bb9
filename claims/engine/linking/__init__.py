"""What a number speaks of: linked to one of the attributes that are registered, as entity linking does it.

*Mentions* are the numbers of a passage; *entries* what is registered and can be measured, sums over a pack among them;
*features* of a mention and an entry say how well they go together; a small calibrated model, explained feature by
feature, says how likely it is that the one was said of the other. Whether they agree is compared symbolically.
"""

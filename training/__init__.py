"""What makes the weights and data sets that the product ships: never imported by it, never in its wheel.

Run from a checkout: `python -m training.reader.train --help`. May import every package.
"""

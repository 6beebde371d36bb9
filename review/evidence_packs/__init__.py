"""A case's evidence as one signed BagIt folder or zip that plays and verifies offline.

May import `enforcement`, `evidence`, `cases`, `audit` and `presentation`.
"""

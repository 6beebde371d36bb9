"""What another policy would have found in what is stored: compared, summed up, reported.

May import `policies`, `cases`, `streams`, `evidence` and `audit`.
"""

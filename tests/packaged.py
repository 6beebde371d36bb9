"""What comes with the program, loaded once in a test process for everybody who only reads it."""

from functools import cache

import configs
from claims.policy.policy import Policy


@cache
def packaged_policy() -> Policy:
    """The packaged policy; who changes one, or counts how often one is read, loads their own."""
    return Policy(configs.POLICY_DIR)

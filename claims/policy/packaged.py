"""The policy that comes with the program: its folder never changes, so that a process reads it once."""

from functools import cache
from pathlib import Path

import configs
from claims.policy.policy import Policy


@cache
def packaged_policy() -> Policy:
    """The packaged policy, read at the first call; who changes one loads their own."""
    return Policy(configs.POLICY_DIR)


def policy_at(folder: Path | None) -> Policy:
    """The policy of this folder; the packaged one for None. PolicyError where the folder holds none."""
    return packaged_policy() if folder is None or folder == configs.POLICY_DIR else Policy(folder)

"""Policies by the names that findings carry, where they are still kept."""

import threading
from pathlib import Path

from claims.policy.policy import Policy
from review.policies.repository import PolicyStore


class PinnedPolicies:
    """Every policy that was handed in, read once it is asked for; safe from any thread."""

    def __init__(self, policies: PolicyStore, data_dir: Path) -> None:
        self._policies, self._data_dir = policies, data_dir
        self._read: dict[str, Policy] = {}
        self._turn = threading.Lock()

    def by_name(self, name: str) -> Policy | None:
        """The policy of this name and version, of several the latest; None: none is kept."""
        version = next((one for one in self._policies.versions() if one.name == name), None)
        if version is None:
            return None
        with self._turn:
            if version.digest not in self._read:
                self._read[version.digest] = Policy(self._policies.folder(version.digest, self._data_dir))
            return self._read[version.digest]

"""Reads a policy that was handed in, in the processes that judge."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from review.judge_pool.policy_in_force import Judges
from review.policies.folders import PackedPolicy, unpack_policy


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRead:
    """A packed policy, and the folder under which policies lie."""

    content: bytes
    root: Path

    def run(self, _judges: Callable[[], Judges]) -> PackedPolicy:
        """The policy, checked and unpacked; PolicyPackError."""
        return self.unpacked()

    def unpacked(self) -> PackedPolicy:
        """As `run`, in this process."""
        policy = unpack_policy(self.content, self.root)
        return PackedPolicy(name=policy.name, digest=policy.digest, folder=policy.folder)

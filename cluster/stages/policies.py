"""What every stream of a process is judged by, loaded once: policies and the semantic layer."""

import threading
from dataclasses import dataclass
from pathlib import Path

import configs
from claims.classifier.opening import Semantics, semantics_of
from claims.policy.packaged import policy_at
from claims.policy.policy import Policy
from cluster.types import ScreenJob
from review.policies.choice import digest_of
from review.policies.folders import in_force_folder
from review.policies.repository import PolicyStore


@dataclass(frozen=True, slots=True)
class _Loaded:
    policy: Policy
    digest: str


class LoadedPolicies:
    """Loads each policy folder and each semantic layer at its first use, for any number of threads.

    A folder that changes later is not read again: a process keeps the policy with which it began.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._policies: dict[Path, _Loaded] = {}
        self._semantics: dict[tuple[str, str, int, Path], Semantics] = {}

    def policy(self, folder: Path | None) -> Policy:
        """The policy of this folder; the packaged one for None. Raises PolicyError."""
        return self._loaded(folder).policy

    def digest(self, folder: Path | None) -> str:
        """The hash over the policy's files as they were loaded."""
        return self._loaded(folder).digest

    def semantics(self, job: ScreenJob) -> Semantics:
        """The job's semantic layer, and what is left out for want of a package."""
        asked = job.semantic, job.device, job.threads, job.models_dir
        with self._lock:
            if asked not in self._semantics:
                self._semantics[asked] = semantics_of(
                    job.semantic,
                    configs.SEMANTIC_DIR,
                    device=job.device,
                    threads=job.threads,
                    models=job.models_dir,
                )
            return self._semantics[asked]

    def _loaded(self, folder: Path | None) -> _Loaded:
        folder = folder or configs.POLICY_DIR
        with self._lock:
            if folder not in self._policies:
                policy = policy_at(folder)
                self._policies[folder] = _Loaded(policy, policy.digest)
            return self._policies[folder]


def pinned_folder(
    reference: str | None, own: Path | None, data_dir: Path, stored: PolicyStore, policies: LoadedPolicies
) -> Path | None:
    """The folder of the policy that an order pins, else of the one in force; None: the packaged one.

    `own`: the folder that the settings name. Raises UnknownPolicyError.
    """
    if reference is None:
        return own or in_force_folder(data_dir)
    digest = Path(digest_of(reference)).name
    for known in dict.fromkeys((own, None)):
        if policies.digest(known) == digest:
            return known
    return stored.folder(digest, data_dir)

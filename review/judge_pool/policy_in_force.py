"""What is judged by: the policy in force, read anew when it changes, and the layer that reads what no rule lists."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from claims.classifier.opening import Semantics, semantics_of
from claims.policy.policy import Policy
from review.policies.folders import in_force_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Judges:
    """What one job is judged by."""

    policy: Policy
    semantics: Semantics


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgesSource:
    """Where policies and models lie, so that another process can open them.

    `policy_dir` None: the one that went live in `data_dir`, or else `packaged`. `semantic`, `device` and `threads`: as
    the settings have them. `models`: where converted weights lie; None: in the user's folder.
    """

    data_dir: Path
    packaged: Path
    semantic_dir: Path
    policy_dir: Path | None = None
    semantic: str = "auto"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = 1
    models: Path | None = None

    @property
    def policy_folder(self) -> Path:
        """The policy in force, now."""
        return self.policy_dir or in_force_folder(self.data_dir) or self.packaged

    def open(self) -> Callable[[], Judges]:
        """Loads policy and models; the answer gives, each time it is asked, what is in force then."""
        semantics = semantics_of(
            self.semantic, self.semantic_dir, device=self.device, threads=self.threads, models=self.models
        )
        reading = _Reading(self)
        reading.policy()
        return lambda: Judges(policy=reading.policy(), semantics=semantics)


class _Reading:
    """The policy that was read last; another, or one whose files have changed, is read in its place."""

    def __init__(self, source: JudgesSource) -> None:
        self._source = source
        self._read: tuple[Path, tuple[tuple[str, int, int], ...], Policy] | None = None

    def policy(self) -> Policy:
        folder = self._source.policy_folder
        files = _files(folder)
        if self._read is None or self._read[:2] != (folder, files):
            policy = Policy(folder)
            # What is built when it is first used would make the first text of each process wait.
            policy.texts.read("", spoken=True)
            self._read = (folder, files, policy)
        return self._read[2]


def _files(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """The policy's files with size and time of change, by which a change is known."""
    found = ((path, path.stat()) for suffix in ("*.yaml", "*.txt") for path in folder.rglob(suffix))
    return tuple(sorted((str(path), about.st_size, about.st_mtime_ns) for path, about in found))

"""Jobs with which a pool is tried: what holds a process, what breaks it, and what tells of it."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from review.api_errors import OrderRefused
from review.judge_pool.policy_in_force import Judges


def nothing() -> Judges:
    raise AssertionError("these jobs judge nothing")


@dataclass(frozen=True)
class Nothing:
    """Opens at once: a process of this source loads neither policy nor model."""

    def open(self) -> Callable[[], Judges]:
        return nothing


@dataclass(frozen=True)
class Unready:
    """Can't be opened until the file is there."""

    file: Path

    def open(self) -> Callable[[], Judges]:
        self.file.read_bytes()
        return nothing


@dataclass(frozen=True)
class Hold:
    """Runs until `released` is there; writes its process's id when it begins."""

    folder: Path

    def run(self, _judges: Callable[[], Judges]) -> str:
        (self.folder / "part").write_text(str(os.getpid()))
        (self.folder / "part").rename(self.folder / "begun")
        while not (self.folder / "released").exists():
            time.sleep(0.01)
        return "released"


@dataclass(frozen=True)
class Tell:
    """The process's id."""

    padding: bytes = b""

    def run(self, _judges: Callable[[], Judges]) -> int:
        return os.getpid()


class Spin:
    """Never ends and never waits."""

    def run(self, _judges: Callable[[], Judges]) -> None:
        while True:
            pass


class Eat:
    """Takes memory without end."""

    def run(self, _judges: Callable[[], Judges]) -> None:
        eaten = []
        while True:
            eaten.append(bytearray(50_000_000))


class Refuse:
    """Is refused."""

    def run(self, _judges: Callable[[], Judges]) -> None:
        raise OrderRefused("passport", "is none", code="form")


class Wrong:
    """Has a fault in its program."""

    def run(self, _judges: Callable[[], Judges]) -> None:
        raise KeyError("missing")


class PolicyName:
    """The policy that is in force."""

    def run(self, judges: Callable[[], Judges]) -> str:
        return judges().policy.name

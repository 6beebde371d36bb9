"""What a reader is to claim understanding: it reads a passage and says how likely it breaches what; scores decide."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from claims.classifier.calibration import Calibration

# Characters of a pair, and in it of the goods' name and of the entry: what a reader of 127 tokens sees.
_PAIR, _GOODS, _ENTRY = 150, 16, 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A passage of the training talk that was said in breach, and how alike it is (cosine)."""

    text: str
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a passage says by itself: the log-odds that it breaches anything, and the share of each class in a breach.

    `classes`: the likeliest first; their shares make one.
    """

    breach: float
    classes: tuple[tuple[str, float], ...]


class Links(Protocol):
    """Reads what is said beside what is registered; `key` names it for good, with all that it was trained to."""

    key: str

    def differs(self, pairs: Sequence[str]) -> list[float]:
        """The log-odds of each pair that what is said contradicts what is registered."""
        ...

    def nearness(self, said: str, registered: Sequence[str]) -> list[float]:
        """How near each registered entry is to what is said."""
        ...


def pair_of(goods: str, entry: str, before: str, said: str, behind: str = "") -> str:
    """What is read of a pair: of which goods, the registered entry (`label:value`), and the words said in theirs.

    Of long ones the entry is cut, then what stands before and behind: a reader sees only so much.
    """
    head = f"{goods[:_GOODS]} {entry[:_ENTRY]}。"
    said = said[: _PAIR - len(head)]
    room = max(0, _PAIR - len(head) - len(said))
    behind = behind[: room // 2]
    before = before[-(room - len(behind)) :] if room > len(behind) else ""
    return f"{head}{before}【{said}】{behind}"


class Reader(Protocol):
    """Reads what was said, as to whether it breaches anything, and what.

    `links` reads what is said beside what is registered; None where nothing does.
    """

    name: str
    batch_size: int
    links: Links | None

    def calibration(self, goods: str) -> Calibration:
        """What its readings of goods of this kind are worth."""
        ...

    def read(self, text: str, goods: str) -> Reading:
        """What this folded passage says of goods of the kind that `goods`, the first part of a category, names."""
        ...

    def like(self, text: str, goods: str, class_id: str) -> tuple[Known, ...]:
        """Which passages, known to breach the class, it is most alike."""
        ...

    def read_ahead(self, texts: Sequence[str], goods: str) -> None:
        """Reads many passages at once, so that reading each costs little later."""
        ...


def points_of(reader: Reader, text: str, goods: str) -> bytes | None:
    """The direction in which the reader's encoder sees a passage; None where it tells none."""
    ask: Callable[[str, str], bytes | None] | None = getattr(reader, "points", None)
    return None if ask is None else ask(text, goods)


class InTurn:
    """A reader that answers one question after the other, from whatever thread it is asked."""

    def __init__(self, reader: Reader) -> None:
        self.name, self.batch_size = reader.name, reader.batch_size
        self._reader, self._turn = reader, threading.Lock()
        self.gate_key: str | None = getattr(reader, "gate_key", None)
        self.links: Links | None = None if reader.links is None else _LinksInTurn(reader.links, self._turn)

    def calibration(self, goods: str) -> Calibration:
        """What its readings are worth."""
        return self._reader.calibration(goods)

    def read(self, text: str, goods: str) -> Reading:
        """What it reads, once those who asked before have their answer."""
        with self._turn:
            return self._reader.read(text, goods)

    def points(self, text: str, goods: str) -> bytes | None:
        """Where the passage points, in its turn; None where the reader does not tell."""
        with self._turn:
            return points_of(self._reader, text, goods)

    def like(self, text: str, goods: str, class_id: str) -> tuple[Known, ...]:
        """What it is like, in its turn."""
        with self._turn:
            return self._reader.like(text, goods, class_id)

    def read_ahead(self, texts: Sequence[str], goods: str) -> None:
        """Reads ahead in its turn."""
        with self._turn:
            self._reader.read_ahead(texts, goods)


class _LinksInTurn:
    """The links of such a reader, in the same turn: what is near is told by what the reader reads."""

    def __init__(self, links: Links, turn: threading.Lock) -> None:
        self.key = links.key
        self._links, self._turn = links, turn

    def differs(self, pairs: Sequence[str]) -> list[float]:
        """What is read of the pairs, in its turn."""
        with self._turn:
            return self._links.differs(pairs)

    def nearness(self, said: str, registered: Sequence[str]) -> list[float]:
        """How near they are, in its turn."""
        with self._turn:
            return self._links.nearness(said, registered)

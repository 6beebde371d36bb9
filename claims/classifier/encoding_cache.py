"""What the reader's encoder made of each text, handed on to be kept: it is what costs, and it stays the same.

A direction follows from the text and the encoder alone, whatever heads, policy or product it is held against.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeGuard

from claims.classifier.calibration import Calibration
from claims.classifier.reading import Known, Links, Reader, Reading, points_of

_KEY_BYTES = 12


class Encoding(Reader, Protocol):
    """A reader whose encoder is known by its content, so that what it read can be kept and used again.

    `classifier_key` names the reader for good, with everything that it was trained to.
    """

    encoder_key: str | None
    classifier_key: str

    def as_read(self, text: str, goods: str) -> str:
        """What the encoder reads of this passage."""
        ...

    def direction(self, text: str) -> bytes | None:
        """The direction (little-endian) of what the encoder read, if it is remembered."""
        ...

    def recall(self, directions: Mapping[str, bytes]) -> None:
        """Goes on with these directions, by `text_key`, in the place of those that were given before."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Directions:
    """What an encoder read: each text's direction (little-endian) by `text_key`."""

    encoder: str
    by_text: Mapping[str, bytes] = field(repr=False)


class KeepingReader:
    """Reads as the other does, and collects what it read for one broadcast, each text once."""

    def __init__(self, reader: Encoding, encoder: str) -> None:
        self.name, self.batch_size = reader.name, reader.batch_size
        self.links: Links | None = None if reader.links is None else _KeepingLinks(reader.links, self._keep)
        self.gate_key: str | None = getattr(reader, "gate_key", None)
        self._reader = reader
        self._encoder = encoder
        self._kept: set[str] = set()
        self._new: dict[str, bytes] = {}

    def calibration(self, goods: str) -> Calibration:
        """What the other's readings are worth."""
        return self._reader.calibration(goods)

    def read_ahead(self, texts: Sequence[str], goods: str) -> None:
        """Lets the other read ahead."""
        self._reader.read_ahead(texts, goods)

    def read(self, text: str, goods: str) -> Reading:
        """What the other reads."""
        found = self._reader.read(text, goods)
        self._keep(self._reader.as_read(text, goods))
        return found

    def points(self, text: str, goods: str) -> bytes | None:
        """Where the passage points; None where the other does not tell."""
        return points_of(self._reader, text, goods)

    def _keep(self, read: str) -> None:
        key = text_key(read)
        if key not in self._kept and (direction := self._reader.direction(read)) is not None:
            self._kept.add(key)
            self._new[key] = direction

    def like(self, text: str, goods: str, class_id: str) -> tuple[Known, ...]:
        """What the other finds it like."""
        return self._reader.like(text, goods, class_id)

    def take(self) -> Directions:
        """What was read since this was last asked."""
        new, self._new = self._new, {}
        return Directions(encoder=self._encoder, by_text=new)


class _KeepingLinks:
    """Reads links as the other does, and keeps the directions by which it tells what is near."""

    def __init__(self, links: Links, keep: Callable[[str], None]) -> None:
        self.key = links.key
        self._links, self._keep = links, keep

    def differs(self, pairs: Sequence[str]) -> list[float]:
        """What the other reads of the pairs."""
        return self._links.differs(pairs)

    def nearness(self, said: str, registered: Sequence[str]) -> list[float]:
        """How near the other finds them."""
        found = self._links.nearness(said, registered)
        for text in (said, *registered):
            self._keep(text)
        return found


def keeping(reader: Reader | None) -> KeepingReader | None:
    """The reader, collecting what it reads; None where there is none, or its encoder is not known by its content."""
    if reader is None or not keeps_directions(reader) or reader.encoder_key is None:
        return None
    return KeepingReader(reader, reader.encoder_key)


def keeps_directions(reader: Reader) -> TypeGuard[Encoding]:
    """Whether the reader tells and takes directions."""
    return hasattr(reader, "encoder_key")


def text_key(text: str) -> str:
    """Under what a text's direction is kept."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_KEY_BYTES).hexdigest()

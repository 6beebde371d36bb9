"""Remembers what judging a broadcast once gave: the same passages are judged again and again."""

import hashlib
import json
import zlib
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from claims.classifier.calibration import Calibration
from claims.classifier.reading import Known, Reader, Reading, points_of
from review.replays.types import Said, StoredStream

_SAID: TypeAdapter[tuple[Said, ...]] = TypeAdapter(tuple[Said, ...])
_LEVEL = 1


class RememberingReader:
    """A reader that is asked once for the same words; `known`: what it read, by a hash of goods and words."""

    def __init__(self, reader: Reader, known: dict[str, Reading]) -> None:
        self.name, self.links = reader.name, reader.links
        # What is known needs no reading ahead.
        self.batch_size = 1 if known else reader.batch_size
        self.known = known
        self.gate_key: str | None = getattr(reader, "gate_key", None)
        self.asked = 0
        self._reader = reader

    def calibration(self, goods: str) -> Calibration:
        """What the reader's readings are worth."""
        return self._reader.calibration(goods)

    def read_ahead(self, texts: Sequence[str], goods: str) -> None:
        """Lets the reader read ahead."""
        self._reader.read_ahead(texts, goods)

    def read(self, text: str, goods: str) -> Reading:
        """What was read before, or else what is read now."""
        key = hashlib.blake2b(
            text.encode("utf-8", "surrogatepass"), digest_size=12, key=goods.encode()[:64]
        ).hexdigest()
        found = self.known.get(key)
        if found is None:
            self.asked += 1
            found = self.known[key] = self._reader.read(text, goods)
        return found

    def points(self, text: str, goods: str) -> bytes | None:
        """Where the passage points; None where the reader does not tell."""
        return points_of(self._reader, text, goods)

    def like(self, text: str, goods: str, class_id: str) -> tuple[Known, ...]:
        """What the reader finds it like."""
        return self._reader.like(text, goods, class_id)


def pack_readings(known: dict[str, Reading]) -> bytes:
    """The readings as they are stored."""
    return _packed({key: [reading.breach, reading.classes] for key, reading in known.items()})


def unpack_readings(content: bytes | None) -> dict[str, Reading]:
    """The stored readings; none where nothing is stored, or not in this form."""
    try:
        stored = {} if content is None else json.loads(zlib.decompress(content))
        return {
            key: Reading(breach=float(breach), classes=tuple((str(c), float(share)) for c, share in classes))
            for key, (breach, classes) in stored.items()
        }
    except (zlib.error, ValueError, TypeError, AttributeError):
        return {}


def pack_said(said: Sequence[Said]) -> bytes:
    """The findings as they are stored."""
    return _packed(_SAID.dump_python(tuple(said), mode="json"))


def unpack_said(content: bytes) -> tuple[Said, ...] | None:
    """The stored findings; None if they are not in this form."""
    try:
        return _SAID.validate_json(zlib.decompress(content))
    except (zlib.error, ValidationError):
        return None


def said_topic(stream: StoredStream, digest: str, semantic: str, program: str) -> str:
    """Under what the findings of this policy are remembered: all that they follow from is in it."""
    basis = hashlib.sha256()
    words = "" if stream.words is None else stream.words.version
    for part in (digest, semantic, program, words, stream.at.isoformat(), *stream.passports, *stream.products):
        basis.update(part.encode() + b"\0")
    for record in (*stream.passages, *stream.facts):
        basis.update(record.model_dump_json().encode() + b"\0")
    for step in stream.steps:
        basis.update(repr(step).encode() + b"\0")
    return f"said:{basis.hexdigest()[:40]}"


def _packed(value: Any) -> bytes:
    return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), _LEVEL)

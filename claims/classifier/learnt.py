"""A reader as people's decisions made it: the shipped one, with what was learnt from them added to its gate."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeGuard

import numpy as np

from claims.classifier.calibration import Calibration
from claims.classifier.learnt_file import LearntFile
from claims.classifier.reading import Known, Links, Reader, Reading

_log = logging.getLogger(__name__)


class Pointing(Reader, Protocol):
    """A reader that tells in which direction its encoder sees a passage; `gate_key` names what learnt its gate."""

    gate_key: str

    def points(self, text: str, goods: str) -> bytes | None:
        """The passage's direction (little-endian, float16); None where there is nothing to read."""
        ...


class LearntReader:
    """Reads as the other does, and weighs each passage by what was learnt besides."""

    def __init__(self, reader: Pointing, learnt: LearntFile) -> None:
        self.name, self.batch_size = reader.name, reader.batch_size
        self.links: Links | None = reader.links
        self._reader, self._bias = reader, learnt.gate_bias
        self._calibrations: Mapping[str, Calibration] = learnt.calibrations
        self._gate = np.frombuffer(learnt.gate_bytes, dtype="<f4")

    def calibration(self, goods: str) -> Calibration:
        """What its readings are worth, by what was decided of such goods."""
        return self._calibrations.get(goods) or self._reader.calibration(goods)

    def read(self, text: str, goods: str) -> Reading:
        """What the passage says; of goods of which nothing was learnt, what the other reads."""
        reading = self._reader.read(text, goods)
        if goods not in self._calibrations:
            return reading
        direction = self._reader.points(text, goods)
        if direction is None:
            return reading
        added = float(np.frombuffer(direction, dtype="<f2").astype(np.float32) @ self._gate) + self._bias
        return replace(reading, breach=round(reading.breach + added, 4))

    def like(self, text: str, goods: str, class_id: str) -> tuple[Known, ...]:
        """What the other finds it like."""
        return self._reader.like(text, goods, class_id)

    def read_ahead(self, texts: Sequence[str], goods: str) -> None:
        """Lets the other read ahead."""
        self._reader.read_ahead(texts, goods)


def fits(reader: Reader, learnt: LearntFile) -> TypeGuard[Pointing]:
    """Whether this is the reader on which it was learnt."""
    return getattr(reader, "gate_key", None) == learnt.base


def with_learnt(reader: Reader | None, learnt: LearntFile | None) -> Reader | None:
    """The reader with what was learnt; as it stands where nothing was, or it was learnt on another one."""
    if reader is None or learnt is None:
        return reader
    if not fits(reader, learnt):
        _log.warning("what %s learnt was learnt on another reader than %s, and is left out", learnt.tenant, reader.name)
        return reader
    return LearntReader(reader, learnt)

"""The reader: heads over what an encoder makes of a passage, with a record of what they learnt from.

A gate says how likely any breach is; of which class, a second table says, that was trained on breaches alone.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator

from claims.classifier.calibration import Calibration
from claims.classifier.encoding_cache import text_key
from claims.classifier.reading import Known, Links, Reading
from claims.types import Frozen

Floats = NDArray[np.float32]
_REMEMBERED = 4096
_SHOWN = 2
_SHORTEST = 2
_DIVIDES = re.compile(r"[。!?;:,、~…\s]+|\.{2,}")
# The calibration of goods that have none of their own.
OTHER_GOODS = "*"
# What a passage is to the reader that hardly says anything.
NOTHING = -12.0


class Encoder(Protocol):
    """Turns texts into directions: alike texts point alike. `batch_size`: from how many at once a call pays.

    `key` names its weights by their content; None: they can't be told apart by it.
    """

    batch_size: int
    key: str | None

    def encode(self, texts: Sequence[str]) -> Floats:
        """Directions, shape (texts, dimensions)."""
        ...


class ClassifierFile(Frozen):
    """`classifier.json`: what the weights beside it mean, and how they came about.

    `goods`: what stands before a passage for each kind of goods, the first part of a category; empty where the reader
    is not told. `calibrations`: one for each kind of goods of which there was talk to calibrate by, and for all others
    (`*`). `layers_sha256` where the packaged encoder's layers were trained further: what they became lies in
    `layers.npz`. `known`: passages of the project's own talk that breach `known_classes`.
    """

    encoder: str
    classes: tuple[str, ...]
    goods: Mapping[str, str]
    calibrations: Mapping[str, Calibration]
    known: tuple[str, ...]
    known_classes: tuple[str, ...]
    weights_sha256: str
    layers_sha256: str | None = None
    record: dict[str, object]

    @field_validator("calibrations")
    @classmethod
    def _holds_for_all(cls, value: Mapping[str, Calibration]) -> Mapping[str, Calibration]:
        if OTHER_GOODS not in value:
            raise ValueError(f"must hold one for {OTHER_GOODS}, all goods that are not named")
        return value


class Classifier:
    """Reads passages one by one; what was read once is remembered."""

    def __init__(self, file: ClassifierFile, arrays: Mapping[str, Floats], encoder: Encoder) -> None:
        self.file = file
        self.links: Links | None = None
        self.name = file.encoder
        self.batch_size = encoder.batch_size
        self.encoder_key = encoder.key
        self._encoder = encoder
        self._kept: Mapping[str, bytes] = {}
        self._gate, self._gate_bias = arrays["gate"], float(arrays["gate_bias"][0])
        self._of_class, self._class_bias = arrays["classes"], arrays["class_bias"]
        self._known = arrays["known"]
        known_classes = np.asarray(file.known_classes)
        self._known_of = {c: np.flatnonzero(known_classes == c) for c in dict.fromkeys(file.known_classes)}
        self._read: OrderedDict[str, Floats] = OrderedDict()

    @property
    def classifier_key(self) -> str:
        """Its name for good, with everything that it was trained to."""
        of_links = self.links.key if self.links is not None else ""
        return hashlib.sha256(f"{self.file.model_dump_json()}{of_links}".encode()).hexdigest()[:32]

    @property
    def gate_key(self) -> str:
        """What names its gate for good: what it was trained to, and the encoder's layers beneath it."""
        parts = (self.file.encoder, self.file.weights_sha256, self.file.layers_sha256 or "")
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]

    def points(self, text: str, goods: str) -> bytes | None:
        """The direction (little-endian, float16) in which the encoder sees it; of the fewest characters none."""
        if len(text) < _SHORTEST:
            return None
        return self._direction(self.as_read(text, goods)).astype("<f2").tobytes()

    def calibration(self, goods: str) -> Calibration:
        """What its readings are worth: by talk of such goods where it was calibrated on some."""
        return self.file.calibrations.get(goods) or self.file.calibrations[OTHER_GOODS]

    def read(self, text: str, goods: str) -> Reading:
        """What the passage says; of the fewest characters nothing."""
        if len(text) < _SHORTEST:
            return Reading(breach=NOTHING, classes=())
        direction = self._direction(self.as_read(text, goods))
        shares = softmax(direction @ self._of_class + self._class_bias)
        order = np.argsort(-shares, kind="stable")
        return Reading(
            breach=round(float(direction @ self._gate) + self._gate_bias, 4),
            classes=tuple((self.file.classes[n], round(float(shares[n]), 4)) for n in map(int, order)),
        )

    def like(self, text: str, goods: str, class_id: str) -> tuple[Known, ...]:
        """The known passages of the class to which it is most alike."""
        direction = self._direction(self.as_read(text, goods))
        of_class = self._known_of.get(class_id, np.zeros(0, dtype=np.intp))
        likeness = self._known[of_class] @ (direction / max(1e-12, float(np.linalg.norm(direction))))
        order = np.argsort(-likeness, kind="stable")[:_SHOWN]
        return tuple(
            Known(text=self.file.known[of_class[i]], similarity=round(float(likeness[i]), 3)) for i in map(int, order)
        )

    def read_ahead(self, texts: Sequence[str], goods: str) -> None:
        """Reads many passages at once, so that reading each costs little later."""
        self._read_new([self.as_read(text, goods) for text in texts if len(text) >= _SHORTEST])

    def as_read(self, text: str, goods: str) -> str:
        """What the encoder reads of this passage."""
        return self.file.goods.get(goods, "") + plain(text)

    def direction(self, text: str) -> bytes | None:
        """The direction (little-endian, float16) of what the encoder read, if it is remembered."""
        found = self._read.get(text)
        return None if found is None else found.astype("<f2").tobytes()

    def pointing(self, text: str) -> Floats:
        """The direction of a text as the encoder has it, remembered like those of passages."""
        return self._direction(text)

    def recall(self, directions: Mapping[str, bytes]) -> None:
        """Takes these directions, by `text_key`, in the place of those given before; only those of its size."""
        size = len(self._gate) * np.dtype("<f2").itemsize
        self._kept = {key: direction for key, direction in directions.items() if len(direction) == size}

    def reads_first_known(self) -> float:
        """How alike (cosine) the first known passage is read here and was where the reader was trained."""
        direction = self._direction(self.file.known[0])
        return float(self._known[0] @ direction / np.linalg.norm(direction))

    def _direction(self, text: str) -> Floats:
        self._read_new([text])
        self._read.move_to_end(text)
        return self._read[text]

    def _read_new(self, texts: Sequence[str]) -> None:
        new: list[str] = []
        for text in dict.fromkeys(t for t in texts if t not in self._read):
            kept = self._kept.get(text_key(text)) if self._kept else None
            if kept is None:
                new.append(text)
            else:
                self._read[text] = np.frombuffer(kept, dtype="<f2").astype(np.float32)
        if new:
            # In half precision, as they are kept: what is read again says what was read first.
            directions = self._encoder.encode(new).astype("<f2").astype(np.float32)
            self._read.update(zip(new, directions, strict=True))
        while len(self._read) > max(_REMEMBERED, len(texts)):
            self._read.popitem(last=False)


def plain(text: str) -> str:
    """The passage with one mark for all that divides it, none at its ends: how it was written down says nothing."""
    return _DIVIDES.sub(",", text).strip(",")


def softmax(scores: Floats) -> Floats:
    """Likelihoods along the last axis."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)

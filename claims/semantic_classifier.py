"""The classifier over sentence directions, characters and sounds: numpy alone, its weights in a folder with a record.

A gate says how likely any breach is; of which class, a second table says, that was trained on breaches alone.
"""

import hashlib
import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from claims.semantic import LAWFUL, Known, Proposal, joined, views_of
from claims.semantic_grams import FAMILIES, PLACES, SHARES, weighed
from claims.semantic_kept import text_key
from claims.types import Frozen

Floats = NDArray[np.float32]
NONE = LAWFUL
# Characters share fewer places where they tell classes apart: one column a class is to be shipped.
CLASS_PLACES = 1 << 13
DIRECTION_WEIGHT = 2.5
_REMEMBERED = 4096
_SHOWN = 2
_SHORTEST = 4
MOST_CLASSES, AS_LIKELY = 3, 0.35
# Below this likelihood by characters and sounds alone the encoder, which is what costs, hardly ever says otherwise;
# to hold words for lawful without it, they must say so twice as surely.
_WORTH_READING = 0.06
_UNREAD = 2.0
# What stands between the passages of a known sentence.
SAID_ON = " / "


class Encoder(Protocol):
    """Turns texts into directions: alike texts point alike. `batch_size`: from how many at once a call pays.

    `key` names its weights by their content; None: they can't be told apart by it.
    """

    batch_size: int
    key: str | None

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit vectors, shape (texts, dimensions)."""
        ...


class ClassifierFile(Frozen):
    """`classifier.json`: what the weights beside it mean, and how they came about.

    `reads`: whether the encoder reads each passage by itself or a window as one text; `layers_sha256` where the
    packaged encoder's layers were trained further: what they became lies in `layers.npz`.
    """

    encoder: str
    reads: Literal["passages", "window"] = "passages"
    classes: tuple[str, ...]
    flag_from: float
    note_from: float
    lawful_below: float
    known: tuple[str, ...]
    known_classes: tuple[str, ...]
    weights_sha256: str
    layers_sha256: str | None = None
    record: dict[str, object]


def off_centre(direction: Floats, centre: Floats) -> Floats:
    """A direction as it is weighed: off the centre of all training sentences."""
    return np.asarray((direction - centre) * DIRECTION_WEIGHT, dtype=np.float32)


def direction_of(directions: Sequence[Floats], texts: Sequence[str], centre: Floats) -> Floats:
    """One weighted direction of several passages: the mean by length, off the centre of all training sentences.

    The encoder itself takes the mean over tokens, so a window costs nothing beyond its passages.
    """
    mean = np.sum([len(t) * d for t, d in zip(texts, directions, strict=True)], axis=0)
    return off_centre(mean / max(1e-12, float(np.linalg.norm(mean))), centre)


def softmax(scores: Floats) -> Floats:
    """Likelihoods along the last axis."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)


def _likelihoods(gate: float, scores: Floats) -> Floats:
    """None first, then the share of each class in a breach; together one."""
    breach = float(1.0 / (1.0 + np.exp(-np.clip(gate, -40.0, 40.0))))
    return np.concatenate([np.array([1.0 - breach], dtype=np.float32), breach * softmax(scores)]).astype(np.float32)


def _of_open(likelihoods: Floats, open_: list[int]) -> float:
    """How likely a breach of the open classes is: what other classes take of it counts half, as a root.

    A sentence that breaches something is seldom lawful because its likeliest class does not hold for the goods.
    """
    return math.sqrt(max(0.0, (1.0 - float(likelihoods[0])) * float(likelihoods[open_].sum())))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What a view tells: how likely a breach of an open class is, of any, over how many passages, and of each class."""

    breach: float = 0.0
    any_breach: float = 0.0
    passages: int = 0
    likelihoods: Floats = field(default_factory=lambda: np.zeros(1, dtype=np.float32))


class Classifier:
    """Proposes classes for passages by a trained classifier; what was read once is remembered."""

    def __init__(self, file: ClassifierFile, arrays: dict[str, Floats], encoder: Encoder) -> None:
        self.file = file
        self.name = file.encoder
        self.batch_size = encoder.batch_size
        self.encoder_key = encoder.key
        self.classifier_key = hashlib.sha256(file.model_dump_json().encode()).hexdigest()[:32]
        self._encoder = encoder
        self._whole = file.reads == "window"
        # Windows are many and their directions long; they are kept, and used, in half precision.
        self._stored = "<f2" if self._whole else "<f4"
        self._kept: Mapping[str, bytes] = {}
        self._centre, self._rarity, self._known = arrays["centre"], arrays["rarity"], arrays["known"]
        size = len(self._centre)
        gate, weights = arrays["gate"], arrays["weights"]
        self._gate_of_direction, self._gate_of_grams = gate[:size], gate[size:].reshape(len(FAMILIES), PLACES)
        self._gate_bias, self._bias = float(arrays["gate_bias"][0]), arrays["bias"]
        self._of_direction, self._of_characters = weights[:size], np.ascontiguousarray(weights[size:])
        known_classes = np.asarray(file.known_classes)
        self._known_of = {c: np.flatnonzero(known_classes == c) for c in dict.fromkeys(file.known_classes)}
        self._read: OrderedDict[str, Floats] = OrderedDict()

    def read_ahead(self, texts: Sequence[str]) -> None:
        """Reads many passages at once, so that proposing for them costs little later."""
        new: list[str] = []
        for text in dict.fromkeys(t for t in texts if t not in self._read):
            kept = self._kept.get(text_key(text)) if self._kept else None
            if kept is None:
                new.append(text)
            else:
                self._read[text] = np.frombuffer(kept, dtype=self._stored).astype(np.float32)
        if new:
            directions = self._encoder.encode(new).astype(self._stored).astype(np.float32)
            self._read.update(zip(new, directions, strict=True))
        while len(self._read) > max(_REMEMBERED, len(texts)):
            self._read.popitem(last=False)

    def read_as(self, texts: Sequence[str]) -> list[str]:
        """What the encoder reads when it is asked of these passages."""
        if not self._whole:
            return list(texts)
        views = views_of(texts)
        return [joined(view) for view in (*views, *(v[:-1] for v in views if len(v) > 1))]

    def direction(self, text: str) -> bytes | None:
        """The text's direction (little-endian; float32, of windows float16), if it is remembered."""
        found = self._read.get(text)
        return None if found is None else found.astype(self._stored).tobytes()

    def recall(self, directions: Mapping[str, bytes]) -> None:
        """Takes these directions, by `text_key`, in the place of those given before; only those of its size."""
        size = len(self._centre) * np.dtype(self._stored).itemsize
        self._kept = {key: direction for key, direction in directions.items() if len(direction) == size}

    def propose(self, texts: Sequence[str], classes: frozenset[str]) -> tuple[Proposal, ...]:
        """The likeliest of `classes` for the last passage, alone or with up to two before it; none if too unlikely.

        How likely a breach is counts over all of them, for one sentence often lies between two classes: where it is
        to be flagged, those that are nearly as likely as the first are proposed with it. Words that hold hardly any
        breach of any class are proposed as LAWFUL.
        """
        if not texts or len(texts[-1]) < _SHORTEST:
            return ()
        open_ = [place for place, class_id in enumerate(self.file.classes) if class_id in classes]
        if not open_:
            return ()
        told = self._told(texts, open_)
        if told.any_breach < self.file.lawful_below:
            return (Proposal(class_id=LAWFUL, likelihood=round(1.0 - told.any_breach, 3), flags=False, passages=1),)
        if told.breach < self.file.note_from:
            return ()
        flags = told.breach >= self.file.flag_from
        ordered = sorted(((float(told.likelihoods[place]), place) for place in open_), reverse=True)
        likely = [place for share, place in ordered[:MOST_CLASSES] if share >= ordered[0][0] * AS_LIKELY]
        return tuple(
            Proposal(
                class_id=self.file.classes[place],
                likelihood=round(told.breach, 3),
                flags=flags,
                passages=told.passages,
                known=self._nearest(texts[-told.passages :], self.file.classes[place]),
            )
            for place in (likely if flags else likely[:1])
        )

    def _told(self, texts: Sequence[str], open_: list[int]) -> "_Told":
        """What the likeliest view tells, and the most that any of them holds for a breach of some class.

        Where windows are read as one text, the last passage is read alone only to find where a breach was said.
        """
        best, most = _Told(), 0.0
        for said in reversed(views_of(texts)):
            told = self._of_view(said, open_)
            most = max(most, told.any_breach)
            narrower = self._whole and len(said) == 1 and told.breach >= self.file.flag_from
            if (told.breach > best.breach or narrower) and not self._is_of_those_before(said, open_):
                best = told
            if self._whole and told.breach < self.file.note_from:
                break
        return replace(best, any_breach=most)

    def _of_view(self, said: Sequence[str], open_: list[int]) -> "_Told":
        scored = self._by_grams(said)
        by_grams = 1.0 - float(_likelihoods(*scored)[0])
        if by_grams < _WORTH_READING:
            return _Told(any_breach=_UNREAD * by_grams)
        likelihoods = self._with_direction(said, scored)
        return _Told(
            breach=_of_open(likelihoods, open_),
            any_breach=1.0 - float(likelihoods[0]),
            passages=len(said),
            likelihoods=likelihoods,
        )

    def _is_of_those_before(self, said: Sequence[str], open_: list[int]) -> bool:
        """Whether what is said together is what those before the last passage said already: it is theirs alone."""
        return len(said) > 1 and _of_open(self.likelihoods(said[:-1]), open_) >= self.file.flag_from

    def likelihoods(self, texts: Sequence[str]) -> Floats:
        """How likely these passages, taken together, breach each class of `file.classes`; the first is none."""
        return self._with_direction(texts, self._by_grams(texts))

    def _with_direction(self, texts: Sequence[str], by_grams: tuple[float, Floats]) -> Floats:
        if self._whole:
            direction = off_centre(self._directions([joined(texts)])[0], self._centre)
        else:
            direction = direction_of(self._directions(texts), texts, self._centre)
        gate = by_grams[0] + float(direction @ self._gate_of_direction)
        return _likelihoods(gate, direction @ self._of_direction + by_grams[1])

    def _by_grams(self, texts: Sequence[str]) -> tuple[float, Floats]:
        """What characters and sounds alone say, with no encoder: of a breach, and of each class of one."""
        text = joined(texts)
        gate, of_class = self._gate_bias, self._bias
        for number, family in enumerate(FAMILIES):
            row = family(text)
            values = weighed(row, self._rarity[number]) * SHARES[number]
            gate += float(values @ self._gate_of_grams[number][row.places])
            if number == 0:
                of_class = np.asarray(of_class + values @ self._of_characters[row.places % CLASS_PLACES], np.float32)
        return gate, of_class

    def _directions(self, texts: Sequence[str]) -> list[Floats]:
        self.read_ahead(texts)
        for text in texts:
            self._read.move_to_end(text)
        return [self._read[text] for text in texts]

    def reads_first_known(self) -> float:
        """How alike (cosine) the first known sentence is read here and was where the classifier was trained."""
        mean = self._directions([joined(self.file.known[0].split(SAID_ON))])[0]
        return float(self._known[0] @ mean / np.linalg.norm(mean))

    def _nearest(self, texts: Sequence[str], class_id: str) -> tuple[Known, ...]:
        mean = np.mean(self._directions([joined(texts)] if self._whole else texts), axis=0)
        of_class = self._known_of.get(class_id, np.zeros(0, dtype=np.intp))
        likeness = self._known[of_class] @ (mean / max(1e-12, float(np.linalg.norm(mean))))
        order = np.argsort(-likeness, kind="stable")[:_SHOWN]
        return tuple(
            Known(text=self.file.known[of_class[i]], similarity=round(float(likeness[i]), 3)) for i in map(int, order)
        )

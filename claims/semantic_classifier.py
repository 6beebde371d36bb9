"""The classifier over sentence directions, characters and sounds: numpy alone, its weights in a folder with a record.

A gate says how likely any breach is; of which class, a second table says, that was trained on breaches alone.
"""

import hashlib
import io
import json
import math
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from claims.errors import SemanticError, SemanticMissing
from claims.semantic import LAWFUL, Known, Proposal
from claims.semantic_e5 import PACKAGED, PackagedE5
from claims.semantic_grams import FAMILIES, PLACES, SHARES, weighed
from claims.semantic_kept import text_key
from claims.types import Frozen

Floats = NDArray[np.float32]
NONE = LAWFUL
# Characters share fewer places where they tell classes apart: one column a class is to be shipped.
CLASS_PLACES = 1 << 13
_STORED = "<f4"
MOST_PASSAGES = 3
_DIRECTION_WEIGHT = 2.5
_REMEMBERED = 4096
_SHOWN = 2
_SHORTEST = 4
_MOST_CLASSES, _AS_LIKELY = 2, 0.5
# Below this likelihood by characters and sounds alone the encoder, which is what costs, hardly ever says otherwise;
# to hold words for lawful without it, they must say so twice as surely.
_WORTH_READING = 0.06
_UNREAD = 2.0


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
    """`classifier.json`: what the weights beside it mean, and how they came about."""

    encoder: str
    classes: tuple[str, ...]
    flag_from: float
    note_from: float
    lawful_below: float
    known: tuple[str, ...]
    known_classes: tuple[str, ...]
    weights_sha256: str
    record: dict[str, object]


def joined(texts: Sequence[str]) -> str:
    """Passages as one text."""
    return ",".join(texts)


def direction_of(directions: Sequence[Floats], texts: Sequence[str], centre: Floats) -> Floats:
    """One weighted direction of several passages: the mean by length, off the centre of all training sentences.

    The encoder itself takes the mean over tokens, so a window costs nothing beyond its passages.
    """
    mean = np.sum([len(t) * d for t, d in zip(texts, directions, strict=True)], axis=0)
    mean = mean / max(1e-12, float(np.linalg.norm(mean)))
    return np.asarray((mean - centre) * _DIRECTION_WEIGHT, dtype=np.float32)


def views_of(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """How the last of these passages is read: alone, and together with up to two before it."""
    alone = tuple(texts[-1:])
    return [alone] if len(texts) == 1 else [alone, tuple(texts[-MOST_PASSAGES:])]


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


class Classifier:
    """Proposes classes for passages by a trained classifier; what was read once is remembered."""

    def __init__(self, file: ClassifierFile, arrays: dict[str, Floats], encoder: Encoder) -> None:
        self.file = file
        self.name = file.encoder
        self.batch_size = encoder.batch_size
        self.encoder_key = encoder.key
        self._encoder = encoder
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
                self._read[text] = np.frombuffer(kept, dtype=_STORED)
        if new:
            self._read.update(zip(new, self._encoder.encode(new), strict=True))
        while len(self._read) > max(_REMEMBERED, len(texts)):
            self._read.popitem(last=False)

    def direction(self, text: str) -> bytes | None:
        """The text's direction (float32, little-endian), if it is remembered."""
        found = self._read.get(text)
        return None if found is None else found.astype(_STORED).tobytes()

    def recall(self, directions: Mapping[str, bytes]) -> None:
        """Takes these directions, by `text_key`, in the place of those given before; only those of its size."""
        size = len(self._centre) * np.dtype(_STORED).itemsize
        self._kept = {key: direction for key, direction in directions.items() if len(direction) == size}

    def propose(self, texts: Sequence[str], classes: frozenset[str]) -> tuple[Proposal, ...]:
        """The likeliest of `classes` for the last passage, alone or with up to two before it; none if too unlikely.

        How likely a breach is counts over all of them, for one sentence often lies between two classes: where it is
        to be flagged and the second is nearly as likely, both are proposed. Words that hold hardly any breach of any
        class are proposed as LAWFUL.
        """
        if not texts or len(texts[-1]) < _SHORTEST:
            return ()
        open_ = [place for place, class_id in enumerate(self.file.classes) if class_id in classes]
        if not open_:
            return ()
        best, ordered, passages, most = 0.0, list[tuple[float, int]](), 0, 0.0
        for said in views_of(texts):
            scored = self._by_grams(said)
            by_grams = _likelihoods(*scored)
            if 1.0 - by_grams[0] < _WORTH_READING:
                most = max(most, _UNREAD * (1.0 - float(by_grams[0])))
                continue
            likelihoods = self._with_direction(said, scored)
            most = max(most, 1.0 - float(likelihoods[0]))
            breach = _of_open(likelihoods, open_)
            if breach > best and not self._is_of_those_before(said, open_):
                best, passages = breach, len(said)
                ordered = sorted(((float(likelihoods[place]), place) for place in open_), reverse=True)
        if most < self.file.lawful_below:
            return (Proposal(class_id=LAWFUL, likelihood=round(1.0 - most, 3), flags=False, passages=1),)
        if best < self.file.note_from:
            return ()
        flags = best >= self.file.flag_from
        likely = [place for share, place in ordered[:_MOST_CLASSES] if share >= ordered[0][0] * _AS_LIKELY]
        return tuple(
            Proposal(
                class_id=self.file.classes[place],
                likelihood=round(best, 3),
                flags=flags,
                passages=passages,
                known=self._nearest(texts[-passages:], self.file.classes[place]),
            )
            for place in (likely if flags else likely[:1])
        )

    def _is_of_those_before(self, said: Sequence[str], open_: list[int]) -> bool:
        """Whether what is said together is what those before the last passage said already: it is theirs alone."""
        return len(said) > 1 and _of_open(self.likelihoods(said[:-1]), open_) >= self.file.flag_from

    def likelihoods(self, texts: Sequence[str]) -> Floats:
        """How likely these passages, taken together, breach each class of `file.classes`; the first is none."""
        return self._with_direction(texts, self._by_grams(texts))

    def _with_direction(self, texts: Sequence[str], by_grams: tuple[float, Floats]) -> Floats:
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

    def _nearest(self, texts: Sequence[str], class_id: str) -> tuple[Known, ...]:
        mean = np.mean(self._directions(texts), axis=0)
        of_class = self._known_of.get(class_id, np.zeros(0, dtype=np.intp))
        likeness = self._known[of_class] @ (mean / max(1e-12, float(np.linalg.norm(mean))))
        order = np.argsort(-likeness, kind="stable")[:_SHOWN]
        return tuple(
            Known(text=self.file.known[of_class[i]], similarity=round(float(likeness[i]), 3)) for i in map(int, order)
        )


def open_encoder(name: str, *, device: Literal["auto", "cpu", "cuda"], threads: int) -> Encoder:
    """The packaged encoder, or a model by its name or folder; SemanticError where it can't be had."""
    if name == PACKAGED:
        return PackagedE5(threads=threads)
    try:
        from claims.semantic_model import NamedEncoder
    except ImportError as error:
        raise SemanticMissing(
            f"semantic: encoder {name!r} needs {error.name}, which is not installed; install zhenyan[embed], "
            "or set semantic: auto"
        ) from error
    return NamedEncoder(name, device=device)


def open_classifier(
    folder: Path,
    *,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    threads: int = 1,
    encoder: Callable[..., Encoder] = open_encoder,
) -> Classifier:
    """The classifier in the folder, over the encoder that it was trained with; SemanticError says what is wrong."""
    try:
        file = ClassifierFile.model_validate_json((folder / "classifier.json").read_text(encoding="utf-8"))
        weights = (folder / "weights.npz").read_bytes()
        with np.load(io.BytesIO(weights), allow_pickle=False) as stored:
            arrays = {name: np.asarray(stored[name], dtype=np.float32) for name in stored.files}
    except (OSError, ValidationError, ValueError) as error:
        why = " ".join(str(error).split())[:200]
        raise SemanticError(
            f"semantic: {folder} holds no trained classifier: {why}; name a folder that scripts/train_semantic.py wrote"
        ) from error
    if hashlib.sha256(weights).hexdigest() != file.weights_sha256:
        raise SemanticError(f"semantic: {folder}: weights.npz is not the one that classifier.json names; train it anew")
    _check(folder, file, arrays)
    return Classifier(file, arrays, encoder(file.encoder, device=device, threads=threads))


def _check(folder: Path, file: ClassifierFile, arrays: dict[str, Floats]) -> None:
    wanted = {"centre", "rarity", "gate", "gate_bias", "weights", "bias", "known"}
    if set(arrays) != wanted:
        raise SemanticError(f"semantic: {folder}: weights.npz must hold {', '.join(sorted(wanted))}; train it anew")
    dimensions = arrays["centre"].shape[0]
    fits = (
        file.classes[:1] == (NONE,)
        and arrays["rarity"].shape == (len(FAMILIES), PLACES)
        and arrays["gate"].shape == (dimensions + len(FAMILIES) * PLACES,)
        and arrays["gate_bias"].shape == (1,)
        and arrays["weights"].shape == (dimensions + CLASS_PLACES, len(file.classes) - 1)
        and arrays["bias"].shape == (len(file.classes) - 1,)
        and arrays["known"].shape == (len(file.known), dimensions)
        and len(file.known) == len(file.known_classes)
    )
    if not fits:
        raise SemanticError(f"semantic: {folder}: classifier.json and weights.npz don't fit each other; train it anew")


def save_classifier(folder: Path, file: ClassifierFile, arrays: dict[str, Floats]) -> None:
    """Writes the classifier, its record and the hash of its weights; the same training writes the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    small = {name: array.astype(np.float16) for name, array in sorted(arrays.items())}
    packed = io.BytesIO()
    np.savez_compressed(packed, **small)  # type: ignore[arg-type]
    signed = file.model_copy(update={"weights_sha256": hashlib.sha256(packed.getvalue()).hexdigest()})
    text = json.dumps(signed.model_dump(), ensure_ascii=False, indent=1)
    (folder / "weights.npz").write_bytes(packed.getvalue())
    (folder / "classifier.json").write_text(text + "\n", encoding="utf-8")

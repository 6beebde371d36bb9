"""Fits a reader's parts on labelled talk: the encoder's upper layers with heads over them, or heads alone."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from claims.classifier.arrays import unpacked
from claims.classifier.files import LAYERS, open_encoder
from claims.classifier.gemma import GEMMA
from claims.classifier.reader import ClassifierFile, Encoder, plain
from claims.engine.window import fold
from claims.obfuscation.pictures import read_out
from claims.policy.policy import Policy
from claims.types import Passage
from cli.policy.labelled_talk import Said
from training.reader.inputs import with_largest
from training.reader.tuning import Floats, Sample, Tuned, tune
from training.speech.misheard import Channel, read_heard

KEEP = Path(__file__).resolve().parents[2] / "data" / "reader"
SEED = 0
# What an unsure label counts for, how often a punished sentence is shown for each passage of talk, and the share of the
# project's own talk that is shown as a recogniser might have written it.
UNSURE, PUNISHED_TIMES, MISHEARD_SHARE = 0.35, 3, 0.5
# How often the reader is not told of which goods a passage speaks.
_UNTOLD = 0.1
_STRENGTH = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What reads a direction: of a breach, and of its class; shapes (size,), (size, classes)."""

    encoder: Encoder
    layers: bytes
    gate: Floats
    gate_bias: float
    classes: Floats
    class_bias: Floats

    def log_odds(self, texts: Sequence[str]) -> Floats:
        """Of a breach, of each text as the encoder reads it."""
        return np.asarray(self.encoder.encode(texts) @ self.gate + self.gate_bias, dtype=np.float32)


def shipped(folder: Path, threads: int = 1) -> tuple[ClassifierFile, dict[str, Floats], Fitted]:
    """A reader as it stands in its folder: its file, all its arrays, and its parts."""
    file = ClassifierFile.model_validate_json((folder / "classifier.json").read_text(encoding="utf-8"))
    arrays = unpacked((folder / "weights.npz").read_bytes())
    layers = (folder / LAYERS).read_bytes() if file.layers_sha256 else b""
    fitted = Fitted(
        encoder=open_encoder(file.encoder, device="auto", threads=threads, layers=layers),
        layers=layers,
        gate=arrays["gate"],
        gate_bias=float(arrays["gate_bias"][0]),
        classes=arrays["classes"],
        class_bias=arrays["class_bias"],
    )
    return file, arrays, fitted


def arrays_of(parts: Fitted | Tuned, known: Floats) -> dict[str, Floats]:
    """The arrays of a reader as they are saved; `known`: the directions of the passages that it is held against."""
    return {
        "gate": parts.gate,
        "gate_bias": np.array([parts.gate_bias], dtype=np.float32),
        "classes": parts.classes,
        "class_bias": parts.class_bias,
        "known": np.asarray(known / np.linalg.norm(known, axis=1, keepdims=True), dtype=np.float32),
    }


class Folding:
    """Passages as the reader gets them."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._known: dict[str, str] = {}

    def of(self, text: str) -> str:
        """The folded words, pictures read out, divided in one way."""
        if text not in self._known:
            self._known[text] = self.of_passage(Passage(stream_id="s", id="p", start_ms=0, end_ms=1, text=text))
        return self._known[text]

    def of_passage(self, passage: Passage) -> str:
        """The same of what a recogniser wrote."""
        return plain(read_out(fold(passage, self._policy), self._policy.pictures))


def samples_of(
    talk: Iterable[Said], own: Sequence[Said], named: Sequence[str], goods: dict[str, str], folding: Folding
) -> list[Sample]:
    """Everything that is shown in a pass; the project's own talk also as it might have been heard."""
    dice = random.Random(SEED)
    place = {class_id: n for n, class_id in enumerate(named)}
    channel = Channel(read_heard(), (one.text for one in own))

    def sample(one: Said, text: str) -> Sample:
        goods_said = "" if dice.random() < _UNTOLD else goods.get(one.goods, "")
        breach = {"breach": 1.0, "lawful": 0.0, "unsure": UNSURE}[one.label]
        places = tuple(place[c] for c in one.classes if c in place) if one.label == "breach" else ()
        return Sample(text=goods_said + text, breach=breach, class_places=places)

    found = [sample(one, folding.of(one.text)) for one in (*talk, *own)]
    heard = dice.sample(list(own), round(MISHEARD_SHARE * len(own)))
    found += [sample(one, folding.of_passage(channel.write(one.text, dice))) for one in heard]
    return [one for one in found if len(one.text) > 1]


def fit(samples: Sequence[Sample], named: Sequence[str], encoder_name: str) -> Fitted:
    """The reader's parts learnt from these samples."""
    if encoder_name == GEMMA:
        tuned = tune(samples, len(named), SEED, KEEP)
        layers = with_largest(tuned.layers, [sample.text for sample in samples])
        return Fitted(
            encoder=open_encoder(encoder_name, device="auto", threads=1, layers=layers),
            layers=layers,
            gate=tuned.gate,
            gate_bias=tuned.gate_bias,
            classes=tuned.classes,
            class_bias=tuned.class_bias,
        )
    encoder = open_encoder(encoder_name, device="auto", threads=1)
    rows = encoder.encode([s.text for s in samples])
    weights = np.array([abs(s.breach - 0.5) * 2 for s in samples])
    gate = LogisticRegression(C=_STRENGTH * 30, max_iter=400)
    gate.fit(rows, np.array([s.breach > 0.5 for s in samples]), sample_weight=weights)
    of_class = [(n, place) for n, s in enumerate(samples) for place in s.class_places]
    model = LogisticRegression(C=_STRENGTH * 30, max_iter=400).fit(
        rows[[n for n, _ in of_class]], [p for _, p in of_class]
    )
    classes, bias = np.zeros((rows.shape[1], len(named)), np.float32), np.full(len(named), -20.0, np.float32)
    classes[:, model.classes_], bias[model.classes_] = model.coef_.T, model.intercept_
    return Fitted(
        encoder=encoder,
        layers=b"",
        gate=gate.coef_[0].astype(np.float32),
        gate_bias=float(gate.intercept_[0]),
        classes=classes,
        class_bias=bias,
    )

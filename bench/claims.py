"""Claims: our engine beside banned-word lists and trained classifiers, on the blind sets, in one run.

The peers see the text alone; ours sees the products' passports too. So a column counts only violations whose every
allowed verdict is `banned`: those can be told from the words.
"""

import time
from collections.abc import Mapping, Sequence
from statistics import median

from bench import claims_scale
from bench.cases import Case, CaseSet, blind_sets, open_examples
from bench.claim_engine import OurEngine
from bench.peers import BROAD_CONCEPTS, STRICT_CONCEPTS, NgramClassifier, word_list
from bench.scoring import Figures, FlagsByCase, Method, best_recall, score, sweep
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy

Row = dict[str, object]
ROUNDS = 3
LEAST_PRECISIONS = (0.95, 0.90, 0.80)


def run() -> list[Row]:
    """Rows of quality for each set and method, of speed for each method, and of what our speed depends on."""
    policy = packaged_policy()
    sets = blind_sets()
    held_out = [s for s in sets if s.held_out]
    methods = make_methods(policy, sets)
    rows = [row for name, cases in groups(sets) for row in quality_rows(name, cases, methods)]
    rows += speed_rows(methods, held_out[0].cases)
    return rows + claims_scale.rows(policy, held_out[0])


def make_methods(policy: Policy, sets: Sequence[CaseSet]) -> list[Method]:
    """Ours first; the second classifier is trained on all that our rules' writers have read."""
    examples = open_examples()
    read = [case for s in sets if not s.held_out for case in s.cases]
    return [
        OurEngine(policy, sets),
        word_list(policy, "strict word list", STRICT_CONCEPTS),
        word_list(policy, "broad word list", BROAD_CONCEPTS),
        NgramClassifier("n-grams, open examples", examples),
        NgramClassifier("n-grams, open and read sets", [*examples, *read]),
    ]


def groups(sets: Sequence[CaseSet]) -> list[tuple[str, tuple[Case, ...]]]:
    """The sets one by one, and the held-out ones together if there are several."""
    found = [(s.name if s.held_out else f"{s.name} (read)", s.cases) for s in sets]
    held_out = [s for s in sets if s.held_out]
    if len(held_out) > 1:
        found.append(("+".join(s.name for s in held_out), tuple(c for s in held_out for c in s.cases)))
    return found


def quality_rows(group: str, cases: Sequence[Case], methods: Sequence[Method]) -> list[Row]:
    """Every method's recall where precision is high enough, and how it does at its own threshold.

    A classifier that was trained on the cases is left out. The ratios are ours over the row's method.
    """
    rows: list[Row] = []
    ours: tuple[Figures, Figures | None] | None = None
    for method in methods:
        if isinstance(method, NgramClassifier) and method.has_seen(cases):
            continue
        flags = {case.id: method.flags(case) for case in cases}
        figures, row = _figures(cases, flags, method.default_threshold)
        row = {"table": "quality", "set": group, "cases": len(cases), "method": method.name} | row
        at_90 = best_recall(sweep(cases, flags), 0.90)
        ours = ours or (figures, at_90)
        row["our_f1_over_its"] = _ratio(ours[0].f1, figures.f1)
        row["our_recall_at_p90_over_its"] = _ratio(ours[1].recall, at_90.recall) if ours[1] and at_90 else None
        rows.append(row)
    return rows


def _figures(cases: Sequence[Case], flags: FlagsByCase, threshold: float) -> tuple[Figures, Row]:
    curve = sweep(cases, flags)
    row: Row = {}
    for least in LEAST_PRECISIONS:
        point = best_recall(curve, least)
        row[f"recall_at_p{round(least * 100)}"] = round(point.recall, 3) if point else None
    figures = score(cases, flags, threshold)
    banned = [c for c in cases if c.is_violation and set(c.verdicts) == {"banned"}]
    return figures, row | {
        "precision": round(figures.precision, 3),
        "recall": round(figures.recall, 3),
        "f1": round(figures.f1, 3),
        "recall_any_class": round(figures.recall_any_class, 3),
        "recall_of_banned": round(score(banned, flags, threshold).recall, 3),
        "lawful_left_alone": round(figures.lawful_left_alone, 3),
    }


def speed_rows(methods: Sequence[Method], cases: Sequence[Case]) -> list[Row]:
    """Passages a second of one core, by CPU time; the methods take turns, and the median of the rounds counts."""
    seconds: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for method in methods:
            started = time.process_time()
            for case in cases:
                method.flags(case)
            seconds.setdefault(method.name, []).append(time.process_time() - started)
            if isinstance(method, NgramClassifier):
                started = time.process_time()
                method.flags_together(cases)
                seconds.setdefault(f"{method.name}, all at once", []).append(time.process_time() - started)
    return _speeds({name: median(taken) for name, taken in seconds.items()}, methods[0].name, cases)


def _speeds(seconds: Mapping[str, float], ours: str, cases: Sequence[Case]) -> list[Row]:
    passages = sum(len(case.utterances) for case in cases)
    return [
        {
            "table": "speed",
            "method": name,
            "passages_per_core_s": round(passages / taken),
            "times_ours": _ratio(seconds[ours], taken),
        }
        for name, taken in seconds.items()
    ]


def _ratio(one: float, other: float) -> float | None:
    return round(one / other, 2) if other else None

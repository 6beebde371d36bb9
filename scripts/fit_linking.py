"""Fits how what is said is linked to registered attributes, on the development cases, and writes `link_model.yaml`.

    python scripts/fit_linking.py [--to configs/policy/zh-CN/link_model.yaml]

Learnt from: `tests/claims/registered/dev` the older blind sets of numbers, and the lawful
cases of three others, all of which were read long ago. Passports are
kept together: every figure printed is of passports that the fit has not seen. Needs scikit-learn.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

import configs  # noqa: E402
from bench.cases import BROADCAST_AT, read_cases  # noqa: E402
from bench.checkout import CASES_DIR  # noqa: E402
from bench.ours import passages  # noqa: E402
from bench.registered import engine_of, read_registered, same_path  # noqa: E402
from claims.engine.conversation import ClaimEngine  # noqa: E402
from claims.engine.linking.entries import registered_of  # noqa: E402
from claims.engine.linking.features import Features, features_of, scenery  # noqa: E402
from claims.engine.linking.kinds import words_in, words_registered  # noqa: E402
from claims.engine.linking.mentions import mentions_in  # noqa: E402
from claims.engine.linking.word_features import word_features_of, word_scenery  # noqa: E402
from claims.engine.records import stated  # noqa: E402
from claims.engine.scene import Scene  # noqa: E402
from claims.engine.window import Window  # noqa: E402
from claims.passports.load import load_passports  # noqa: E402
from claims.policy.policy import Policy  # noqa: E402
from claims.text.normalise import normalise  # noqa: E402
from claims.types import Passage  # noqa: E402

OLDER = ("x_numbers", "y_numbers", "z_numbers", "v_numbers")
# Lawful talk of every class: nothing in it contradicts what is registered.
LAWFUL = ("a", "c", "d")
FOLDS, PENALTY = 8, 1.0
NUMBERS, WORDS = "numbers", "words"
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Option:
    """An attribute that something may be said of: whether it agrees, its features, and whether it is the right one."""

    agrees: bool
    features: Features
    is_right: bool


@dataclass(frozen=True, slots=True)
class Said:
    """Something that is said, of which case and product, with every attribute that it may be said of."""

    case: str
    product: str
    options: tuple[Option, ...]

    @property
    def contradicts(self) -> bool:
        """True where one of the attributes is the one that it contradicts."""
        return any(option.is_right for option in self.options)


def scenes_of(engine: ClaimEngine, case: str, said: Sequence[Passage]) -> list[Scene]:
    """Every scene of a conversation, as it is judged."""
    found: list[Scene] = []
    conversation = engine.conversation(case, watch=lambda scene, judged, standing: found.append(scene))
    for passage in said:
        conversation.hear(passage)
    conversation.flush()
    return found


def said_in(scene: Scene, case: str, wanted: str | None, told: str | None, policy: Policy) -> dict[str, list[Said]]:
    """What is said in a scene's focus, numbers and words; `told`: the words that contradict the path `wanted`."""
    window, passport = scene.window, scene.choice.passport
    assert passport is not None
    found: dict[str, list[Said]] = {NUMBERS: [], WORDS: []}
    mentions = mentions_in(window, policy.linking)
    asserted = stated(scene, policy)
    registered, entries = registered_of(passport, policy), words_registered(passport, policy)
    for mention in mentions:
        if not window.focus_start < mention.end <= window.focus_end:
            continue
        of_number = scenery(window, mention, mentions, registered, policy.linking, asserted)
        right = _is_told(window, mention.start, mention.end, told)
        options = tuple(
            Option(o.agrees, features_of(o, of_number), right and not o.agrees and same_path(o.entry.path, wanted))
            for o in of_number.links
        )
        found[NUMBERS] += [Said(case, passport.id, options)] if options else []
    words = words_in(window, passport, policy) if entries else []
    for word in words:
        if not window.focus_start < word.end <= window.focus_end:
            continue
        of_word = word_scenery(window, word, words, mentions, entries, policy, asserted)
        right = _is_told(window, word.start, word.end, told)
        options = tuple(
            Option(o.agrees, word_features_of(o, of_word), right and not o.agrees and same_path(o.entry.path, wanted))
            for o in of_word.links
        )
        found[WORDS] += [Said(case, passport.id, options)] if options else []
    return found


def _is_told(window: Window, start: int, end: int, told: str | None) -> bool:
    if told is None:
        return False
    words = normalise(told).text
    at = window.text.find(words)
    return at >= 0 and at - 1 <= start and end <= at + len(words) + 2


def collected(policy: Policy) -> dict[str, list[Said]]:
    """All that is learnt from."""
    found: dict[str, list[Said]] = {NUMBERS: [], WORDS: []}
    engine = engine_of("dev", policy, None)
    for case in read_registered("dev"):
        for scene in scenes_of(engine, case.id, case.passages):
            for name, said in said_in(scene, case.id, case.contradicted, case.said, policy).items():
                found[name] += said
    for name in OLDER:
        found[NUMBERS] += _older(CASES_DIR / "blind" / name, policy)
    for name in LAWFUL:
        for kind, said in _lawful(CASES_DIR / "blind" / name, policy):
            found[kind].append(said)
    return found


def _lawful(folder: Path, policy: Policy) -> Iterator[tuple[str, Said]]:
    """What is said in lawful cases: of none of the attributes that differ."""
    passports = load_passports(next(folder.glob("passports.*")), policy.quantity_reader)
    engine = ClaimEngine(policy, passports, at=BROADCAST_AT)
    for case in read_cases(folder / "cases.jsonl", folder.name):
        if case.is_violation:
            continue
        for scene in scenes_of(engine, case.id, passages(case)):
            if scene.choice.passport is not None:
                told = said_in(scene, case.id, None, None, policy)
                yield from ((kind, one) for kind, said in told.items() for one in said)


def _older(folder: Path, policy: Policy) -> Iterator[Said]:
    """Numbers of an older set: which attribute is contradicted is not told, so only where one may be."""
    passports = load_passports(next(folder.glob("passports.*")), policy.quantity_reader)
    engine = ClaimEngine(policy, passports, at=BROADCAST_AT)
    for case in read_cases(folder / "cases.jsonl", folder.name):
        scenes = [s for s in scenes_of(engine, case.id, passages(case)) if s.choice.passport is not None]
        said = [one for s in scenes for one in said_in(s, case.id, None, None, policy)[NUMBERS]]
        if not case.is_violation:
            yield from said
            continue
        against = [one for one in said if any(not o.agrees for o in one.options)]
        if len(against) == 1:
            (one,) = against
            yield Said(one.case, one.product, tuple(Option(o.agrees, o.features, not o.agrees) for o in one.options))


class Fit:
    """A logistic model over options and none, fitted on some of what is said."""

    def __init__(self, said: Sequence[Said]) -> None:
        self.said = said
        self.names = sorted({name for one in said for option in one.options for name in option.features})
        column = {name: at for at, name in enumerate(self.names)}
        options = [(n, option) for n, one in enumerate(said) for option in one.options]
        self.of = np.array([n for n, _ in options])
        self.rows: Matrix = np.zeros((len(options), len(self.names)))
        for row, (_, option) in enumerate(options):
            for name, value in option.features.items():
                self.rows[row, column[name]] = value
        contradicts = np.array([one.contradicts for one in said])
        right = np.array([option.is_right for _, option in options])
        agrees = np.array([option.agrees for _, option in options])
        self.may = np.where(contradicts[self.of], right, agrees)
        self.none_may = ~contradicts
        self.agrees = agrees

    def weights(self, picked: NDArray[np.bool_]) -> Matrix:
        """Weights and, last, the intercept, of what is picked."""
        numbers = np.flatnonzero(picked)
        again = np.full(len(self.said), -1)
        again[numbers] = np.arange(len(numbers))
        kept = picked[self.of]
        rows, of, may, none = self.rows[kept], again[self.of[kept]], self.may[kept], self.none_may[numbers]
        begin = np.searchsorted(of, np.arange(len(numbers)))

        def loss(weights: Matrix) -> tuple[float, Matrix]:
            share, of_none = _shares(rows, of, begin, weights)
            allowed = np.add.reduceat(np.where(may, share, 0.0), begin) + np.where(none, of_none, 0.0)
            allowed = np.maximum(allowed, 1e-12)
            slope = share - np.where(may, share, 0.0) / allowed[of]
            by_weight = np.append(slope @ rows + PENALTY * weights[:-1], slope.sum())
            return float(-np.log(allowed).sum() + 0.5 * PENALTY * weights[:-1] @ weights[:-1]), by_weight

        found = minimize(loss, np.zeros(len(self.names) + 1), jac=True, method="L-BFGS-B", options={"maxiter": 500})
        return np.asarray(found.x)

    def shares(self, weights: Matrix) -> Matrix:
        """How likely each option is."""
        begin = np.searchsorted(self.of, np.arange(len(self.said)))
        return _shares(self.rows, self.of, begin, weights)[0]

    def unseen(self) -> Matrix:
        """How likely each option is by a fit that has not seen its passport."""
        fold = {product: n % FOLDS for n, product in enumerate(sorted({one.product for one in self.said}))}
        folds = np.array([fold[one.product] for one in self.said])
        found = np.zeros(len(self.rows))
        for n in range(FOLDS):
            share = self.shares(self.weights(folds != n))
            of_fold = folds[self.of] == n
            found[of_fold] = share[of_fold]
        return found


def _shares(rows: Matrix, of: NDArray[np.intp], begin: NDArray[np.intp], weights: Matrix) -> tuple[Matrix, Matrix]:
    totals = rows @ weights[:-1] + weights[-1]
    most = np.maximum(np.maximum.reduceat(totals, begin), 0.0)
    powers = np.exp(totals - most[of])
    none = np.exp(-most)
    whole = np.add.reduceat(powers, begin) + none
    return powers / whole[of], none / whole


def strongest(fit: Fit, share: Matrix) -> dict[str, float]:
    """For each case how likely its likeliest contradiction is, of whichever attribute that differs it was said."""
    against = np.zeros(len(fit.said))
    np.add.at(against, fit.of, np.where(fit.agrees, 0.0, share))
    found: dict[str, float] = {}
    for one, likelihood in zip(fit.said, against, strict=True):
        found[one.case] = max(found.get(one.case, 0.0), float(likelihood))
    return found


def report(told: Mapping[str, float], bars: Sequence[float]) -> list[str]:
    """Recall and precision over all development cases at each bar."""
    cases = read_registered("dev")
    lines = []
    for bar in bars:
        hits = sum(told.get(c.id, 0.0) >= bar for c in cases if c.contradicted is not None)
        false = sum(told.get(c.id, 0.0) >= bar for c in cases if c.contradicted is None)
        wanted = sum(c.contradicted is not None for c in cases)
        lines.append(f"{bar:.2f} recall {hits / wanted:.3f} precision {hits / max(1, hits + false):.3f}")
    return lines


def main() -> None:
    """Fits and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=configs.POLICY_DIR / "link_model.yaml")
    parser.add_argument("--flag-at", type=float, default=0.6)
    parser.add_argument("--note-at", type=float, default=0.3)
    parser.add_argument("--unlikely", type=float, default=0.08)
    parser.add_argument("--supported-at", type=float, default=0.2)
    options = parser.parse_args()
    policy = Policy(configs.POLICY_DIR)
    together: dict[str, float] = {}
    lines = [
        "# How likely something is said of a registered attribute, by its features: written by scripts/fit_linking.py.",
        "fitted_on: the development cases of tests/claims/registered, older sets of numbers and lawful talk of others",
    ]
    for name, said in collected(policy).items():
        fit = Fit(said)
        told = strongest(fit, fit.unseen())
        print(
            name,
            len(said),
            "said,",
            sum(one.contradicts for one in said),
            "contradict;",
            *report(told, (0.4, 0.5, 0.6, 0.7)),
        )
        for case, likelihood in told.items():
            together[case] = max(together.get(case, 0.0), likelihood)
        weights = fit.weights(np.ones(len(said), dtype=bool))
        bars = {
            "flag_at": options.flag_at,
            "note_at": options.note_at,
            "unlikely": options.unlikely,
            "supported_at": options.supported_at,
        }
        lines += [f"{name}:", *(f"  {bar}: {value}" for bar, value in bars.items())]
        lines += [f"  intercept: {weights[-1]:.3f}", "  weights:"]
        lines += [f"    {json.dumps(n, ensure_ascii=False)}: {w:.3f}" for n, w in zip(fit.names, weights, strict=False)]
    print(*report(together, (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7)), sep="\n")
    options.to.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Fits how what is said is linked to registered attributes, on the development cases, and writes `link_model.yaml`.

    python -m training.linking.fit [--to configs/policy/zh-CN/link_model.yaml]

Learnt from: `tests/claims/registered/dev`, older blind sets of numbers, and the lawful cases of three others, all
read long ago. Passports are kept together: every figure printed is of passports that the fit has not seen.
What a reader of links is worth is set by the cases of passports that it has not learnt from: two weights for pairs,
whose figures are of those cases too, and those of passages, whose figures are of passports that the fit has not seen.
Needs scikit-learn.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy.optimize import minimize

import configs
from bench.registered_cases import RegisteredCase, read_registered
from claims.classifier.links import FILE, LinkReader
from claims.classifier.opening import LINKS_FOLDER, open_reader
from claims.engine.linking.model import READ
from claims.policy.linking import LinkModelFile, PassageModel
from claims.policy.policy import Policy
from training.linking.material import ReadPassage, Said, collected, nearness_of, passages_read

ROOT = Path(__file__).resolve().parents[2]

FOLDS, PENALTY = 8, 1.0
# What is read: what differs and is likelier than this without a reader; the nearest texts of a passport.
READ_FROM, NEAREST = 0.015, 4
# Of a hundred passages that contradict one of their nearest texts so many may be farther than what is read.
FARTHER = 3
Matrix = NDArray[np.float64]


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


def report(name: str, scores: Mapping[str, float], cases: Sequence[RegisteredCase], bars: Sequence[float]) -> None:
    """Prints recall and precision over cases at each bar."""
    wanted = sum(c.contradicted is not None for c in cases)
    for bar in bars:
        hits = sum(scores.get(c.id, 0.0) >= bar for c in cases if c.contradicted is not None)
        false = sum(scores.get(c.id, 0.0) >= bar for c in cases if c.contradicted is None)
        print(f"{name} {bar:.2f} recall {hits / wanted:.3f} precision {hits / max(1, hits + false):.3f}")


class WhatReadingIsWorth:
    """How much a reading of a pair adds, by what is said of passports that the reader has not learnt from."""

    def __init__(self, fit: Fit, share: Matrix, reader: LinkReader) -> None:
        """`share`: how likely each option is by a fit that has not seen its passport."""
        self._fit = fit
        held_out = np.array([one.product in reader.file.held_out for one in fit.said])
        options = [option for one in fit.said for option in one.options]
        self._begin = np.searchsorted(fit.of, np.arange(len(fit.said)))
        none = np.maximum(1e-9, 1.0 - np.add.reduceat(share, self._begin))
        self._totals = np.log(np.maximum(share, 1e-12) / none[fit.of])
        self.picked = held_out[fit.of] & ~fit.agrees & (share >= READ_FROM)
        self._read = np.zeros(len(options))
        rows = np.flatnonzero(self.picked)
        self._read[rows] = reader.differs([options[row].pair for row in rows])
        self._of_held_out = held_out

    def weights(self) -> tuple[float, float]:
        """The weight of the log-odds, and what is added to them before."""
        numbers = np.flatnonzero(self._of_held_out)

        def loss(found: Matrix) -> float:
            share, none = self._shares(found[0], found[1])
            allowed = np.add.reduceat(np.where(self._fit.may, share, 0.0), self._begin)
            allowed += np.where(self._fit.none_may, none, 0.0)
            return float(-np.log(np.maximum(allowed[numbers], 1e-12)).sum())

        weight, offset = minimize(loss, np.array([0.5, 0.0]), method="Nelder-Mead").x
        return float(weight), float(offset)

    def shares(self, weight: float, offset: float) -> Matrix:
        """How likely each option is with the readings."""
        return self._shares(weight, offset)[0]

    def _shares(self, weight: float, offset: float) -> tuple[Matrix, Matrix]:
        totals = self._totals + np.where(self.picked, weight * (self._read + offset), 0.0)
        most = np.maximum(np.maximum.reduceat(totals, self._begin), 0.0)
        powers, none = np.exp(totals - most[self._fit.of]), np.exp(-most)
        whole = np.add.reduceat(powers, self._begin) + none
        return powers / whole[self._fit.of], none / whole


def passage_weights(read: Sequence[ReadPassage]) -> tuple[list[str], Matrix]:
    """The features' names, and their weights with, last, the intercept."""
    names = sorted({name for one in read for name in one.features})
    rows = np.array([[one.features.get(name, 0.0) for name in names] for one in read])
    right = np.array([one.is_right for one in read], dtype=float)

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        totals = rows @ weights[:-1] + weights[-1]
        slope = 1.0 / (1.0 + np.exp(-totals)) - right
        value = np.logaddexp(0.0, totals).sum() - (right * totals).sum() + 0.5 * PENALTY * weights[:-1] @ weights[:-1]
        return float(value), np.append(rows.T @ slope + PENALTY * weights[:-1], slope.sum())

    return names, np.asarray(minimize(loss, np.zeros(len(names) + 1), jac=True, method="L-BFGS-B").x)


def passages_unseen(read: Sequence[ReadPassage]) -> dict[str, float]:
    """For each case how likely its likeliest contradiction by a passage is, by a fit that has not seen its passport."""
    fold = {product: n % FOLDS for n, product in enumerate(sorted({one.product for one in read}))}
    found: dict[str, float] = {}
    for n in range(FOLDS):
        names, weights = passage_weights([one for one in read if fold[one.product] != n])
        for one in read:
            if fold[one.product] == n:
                total = weights[-1] + sum(one.features.get(m, 0.0) * w for m, w in zip(names, weights, strict=False))
                found[one.case] = max(found.get(one.case, 0.0), float(1.0 / (1.0 + np.exp(-total))))
    return found


def main() -> None:
    """Fits and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=configs.POLICY_DIR / "link_model.yaml")
    parser.add_argument("--flag-at", type=float, default=0.65)
    parser.add_argument("--read-flag-at", type=float, default=0.6)
    parser.add_argument("--passage-flag-at", type=float, default=0.6)
    parser.add_argument("--stated-at", type=float, default=-1.0)
    parser.add_argument("--note-at", type=float, default=0.3)
    parser.add_argument("--unlikely", type=float, default=0.08)
    parser.add_argument("--supported-at", type=float, default=0.5)
    options = parser.parse_args()
    policy, bars = Policy(configs.POLICY_DIR), (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
    folder = configs.SEMANTIC_DIR / LINKS_FOLDER
    reader: LinkReader | None = None
    if (folder / FILE).is_file():
        opened = open_reader("gemma", configs.SEMANTIC_DIR, device="cpu")
        reader = opened.links if opened is not None and isinstance(opened.links, LinkReader) else None
    cases = read_registered("dev")
    held_out = [c for c in cases if reader is not None and c.product_id in reader.file.held_out]
    lines = [
        "# How likely something is said of a registered attribute, by its features; by training/linking/fit.py.",
        "fitted_on: the development cases of tests/claims/registered, older sets of numbers and lawful talk of others",
    ]
    together: dict[str, float] = {}
    with_reading: dict[str, float] = {}
    for name, said in collected(policy).items():
        fit = Fit(said)
        share = fit.unseen()
        _higher(together, strongest(fit, share))
        weights = fit.weights(np.ones(len(said), dtype=bool))
        lines += [f"{name}:", f"  flag_at: {options.flag_at}", f"  note_at: {options.note_at}"]
        lines += [f"  unlikely: {options.unlikely}", f"  supported_at: {options.supported_at}"]
        weighed = dict(zip(fit.names, map(float, weights), strict=False))
        if reader is not None:
            worth = WhatReadingIsWorth(fit, share, reader)
            weighed[READ], offset = worth.weights()
            _higher(with_reading, strongest(fit, worth.shares(weighed[READ], offset)))
            lines += [f"  read: {{offset: {offset:.3f}, least: {READ_FROM}, flag_at: {options.read_flag_at}}}"]
        lines += [f"  intercept: {weights[-1]:.3f}", "  weights:", *_written(weighed)]
    report("unread, all", together, cases, bars)
    if reader is not None:
        report("unread, held out", together, held_out, bars)
        report("pairs read, held out", with_reading, held_out, bars)
        policy.link_model = LinkModelFile.model_validate(yaml.safe_load("\n".join(lines)))
        nearness = nearness_of(held_out, policy, reader, NEAREST, FARTHER)
        bounds = {"flag_at": options.passage_flag_at, "note_at": options.note_at, "entries": NEAREST}
        model = PassageModel(**bounds, nearness=nearness, intercept=0.0, weights={})
        read = passages_read(held_out, policy, reader, model)
        print("read", len(read), "pairs nearer than", nearness)
        alone = passages_unseen(read)
        report("passages read, held out", alone, held_out, bars)
        _higher(with_reading, alone)
        report("both, held out", with_reading, held_out, bars)
        names, weights = passage_weights(read)
        lines += ["passages:", *(f"  {name}: {bound}" for name, bound in bounds.items())]
        lines += [f"  nearness: {nearness}", f"  stated_at: {options.stated_at}"]
        lines += [f"  intercept: {weights[-1]:.3f}", "  weights:"]
        lines += _written(dict(zip(names, map(float, weights), strict=False)))
    options.to.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _higher(found: dict[str, float], more: Mapping[str, float]) -> None:
    for case, likelihood in more.items():
        found[case] = max(found.get(case, 0.0), likelihood)


def _written(weights: Mapping[str, float]) -> list[str]:
    return [f"    {json.dumps(n, ensure_ascii=False)}: {w:.3f}" for n, w in sorted(weights.items())]


if __name__ == "__main__":
    main()

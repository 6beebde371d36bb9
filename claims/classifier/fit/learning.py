"""From labelled passages to what a policy takes up: compared with what is in force first, refused where no better."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from claims.classifier.calibration import Calibration
from claims.classifier.fit.examples import LabelledPassage, in_order, labels_as_lines
from claims.classifier.fit.figures import Figures, figures_of, losses_of
from claims.classifier.fit.head import FEWEST_OF_A_LABEL, FEWEST_OF_GOODS, FOLDS, Example, Head, fit_head
from claims.classifier.learnt_file import LearntFile

# So many decided passages are needed, so many of either kind, and so many hosts; below it chance decides.
FEWEST, FEWEST_OF_A_KIND, FEWEST_HOSTS = 50, 10, 3
# The newest part of all, by which what was learnt from the rest is compared with what is in force.
NEWEST = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What reads now: what was learnt before (none: nothing), and the shipped calibration of each kind of goods."""

    base: str
    name: str
    learnt: LearntFile | None
    calibrations: Mapping[str, Calibration]

    def scores(self, examples: Sequence[Example]) -> list[float]:
        """How likely a reviewer agrees with each, as things stand."""
        head = None if self.learnt is None else head_of(self.learnt)
        if head is None:
            return [self.calibrations[one.passage.kind].score(one.features()) for one in examples]
        return [head.score(one, self.calibrations) for one in examples]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What came of it. `file` None: it was refused, and `refused` says why; `card` tells of both."""

    file: LearntFile | None
    refused: str | None
    card: dict[str, Any]
    hosts: tuple[str, ...]


def learn(
    passages: Iterable[LabelledPassage],
    examples: Sequence[Example],
    in_force: InForce,
    *,
    tenant: str,
    left_out: Mapping[str, int],
) -> Learnt:
    """What decisions teach: fitted on the older four fifths and compared on the newest, then fitted on all of them.

    `left_out`: how many decisions were not learnt from, by why.
    """
    ordered = _by_age(examples)
    card = _card(in_order(passages), ordered, in_force, tenant, left_out)
    hosts = tuple(sorted({host_hash(one.passage.host) for one in ordered if one.passage.host}))
    refused = too_few(ordered)
    if refused is None:
        older, newest = _parted(ordered)
        card["compared"], refused = _compared(older, newest, in_force)
    head = None if refused else fit_head(ordered, in_force.calibrations)
    if head is not None and not head.calibrations:
        refused = f"no kind of goods has {FEWEST_OF_GOODS} decided passages, {FEWEST_OF_A_LABEL} of either label"
    if head is None or refused is not None:
        return Learnt(file=None, refused=refused, card=card | {"refused": refused}, hosts=hosts)
    card["learnt"] = {"reach": head.reach, "gate_size": round(float(np.linalg.norm(head.gate)), 4), "folds": FOLDS}
    file = LearntFile(
        tenant=tenant,
        base=in_force.base,
        gate=head.gate_text,
        gate_bias=head.bias,
        calibrations=head.calibrations,
        card=card,
    )
    return Learnt(file=file, refused=None, card=card, hosts=hosts)


def head_of(learnt: LearntFile) -> Head:
    """What was learnt, as a fit gave it."""
    gate = np.frombuffer(learnt.gate_bytes, dtype="<f4")
    return Head(gate=gate, bias=learnt.gate_bias, calibrations=learnt.calibrations, reach=0.0)


def host_hash(host: str) -> str:
    """By what a host is known whose talk is in a fit, without naming them."""
    return hashlib.sha256(f"learnt from {host}".encode()).hexdigest()[:16]


def too_few(examples: Sequence[Example]) -> str | None:
    """Why so few examples teach nothing; None: they are enough."""
    counts = Counter(one.passage.label for one in examples)
    decided = counts["breach"] + counts["lawful"]
    groups = len({one.passage.group for one in examples})
    if decided < FEWEST:
        return f"{decided} decided passages to learn from; at least {FEWEST} are needed"
    for label in ("breach", "lawful"):
        if counts[label] < FEWEST_OF_A_KIND:
            return f"{counts[label]} passages found {label}; at least {FEWEST_OF_A_KIND} are needed"
    if groups < FEWEST_HOSTS:
        return f"talk of {groups} hosts; at least {FEWEST_HOSTS} are needed, so that none judges itself"
    return None


def _by_age(examples: Sequence[Example]) -> list[Example]:
    places = {id(one.passage): one for one in examples}
    return [places[id(passage)] for passage in in_order(one.passage for one in examples)]


def _parted(ordered: Sequence[Example]) -> tuple[Sequence[Example], list[Example]]:
    place = len(ordered) - max(1, round(NEWEST * len(ordered)))
    return ordered[:place], [one for one in ordered[place:] if one.passage.label != "unsure"]


def _compared(
    older: Sequence[Example], newest: Sequence[Example], in_force: InForce
) -> tuple[dict[str, Any], str | None]:
    """The figures of both on the newest decisions, and why that is not enough."""
    breach = [one.passage.label == "breach" for one in newest]
    head = fit_head(older, in_force.calibrations)
    scores = in_force.scores(newest), [head.score(one, in_force.calibrations) for one in newest]
    before, after = (figures_of(each, breach) for each in scores)
    gained = losses_of(scores[0], breach) - losses_of(scores[1], breach)
    by_chance = float(np.std(gained) / max(1, len(gained)) ** 0.5)
    report: dict[str, Any] = {
        "fitted_on": len(older),
        "in_force": before.model_dump(),
        "learnt": after.model_dump(),
        "by_chance": round(by_chance, 4),
    }
    return report, _no_better(before, after, by_chance)


def _no_better(before: Figures, after: Figures, by_chance: float) -> str | None:
    """Why it is refused: it ranks worse, or costs less by no more than chance alone would give (one standard error)."""
    if not 0 < before.breaches < before.decided:
        return f"the newest {before.decided} decisions are all of one kind, and compare nothing; decide more"
    if before.loss - after.loss > by_chance and after.ranked >= before.ranked:
        return None
    return (
        f"it is no better than what is in force on the newest {before.decided} decisions: "
        f"loss {before.loss:.3f} → {after.loss:.3f} (by chance {by_chance:.3f}), "
        f"ranking {before.ranked:.3f} → {after.ranked:.3f}"
    )


def _card(
    passages: Sequence[LabelledPassage],
    examples: Sequence[Example],
    in_force: InForce,
    tenant: str,
    left_out: Mapping[str, int],
) -> dict[str, Any]:
    labels = Counter(one.passage.label for one in examples)
    moments = [one.passage.at for one in examples if one.passage.at is not None]
    digest = hashlib.sha256("\n".join(labels_as_lines(passages)).encode()).hexdigest()
    return {
        "tenant": tenant,
        "reader": in_force.name,
        "base": in_force.base,
        "follows": "shipped" if in_force.learnt is None else in_force.learnt.card.get("data_sha256", ""),
        "data_sha256": digest,
        "passages": len(examples),
        "breach": labels["breach"],
        "lawful": labels["lawful"],
        "unsure": labels["unsure"],
        "spot_checks": sum(one.passage.sampled for one in examples),
        "hosts": len({one.passage.group for one in examples}),
        "goods": dict(sorted(Counter(one.passage.kind for one in examples).items())),
        "classes": dict(sorted(Counter(c for one in examples for c in one.passage.classes).items())),
        "from": min(moments).isoformat() if moments else None,
        "to": max(moments).isoformat() if moments else None,
        "left_out": dict(sorted(left_out.items())),
    }

"""How people decide: how far they agree, how often they are overturned, how long a case takes them. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from review.analytics.agreement import Agreement, agreement_of, cohen_kappa
from review.analytics.quality_queries import Answer
from review.cases.types import FINAL, CaseState, Choice

# Who decides nothing for so long was away; what came before tells nothing of how long the next case took.
_AWAY_MS = 15 * 60_000
_FINAL_OF = {Choice.VIOLATES: CaseState.CONFIRMED, Choice.LAWFUL: CaseState.CLEARED}


@dataclass(slots=True)
class Tally:
    """What is known of one person, or of one class. `pairs`: their answer and another's on the same case."""

    decided: int = 0
    pairs: list[tuple[Choice, Choice]] = field(default_factory=list)
    golden: list[bool] = field(default_factory=list)
    final: int = 0
    overturned: int = 0
    took_ms: list[int] = field(default_factory=list)

    @property
    def kappa(self) -> float | None:
        """Agreement with others beyond chance (Cohen)."""
        return cohen_kappa(self.pairs)

    def agreement(self, fewest: int) -> Agreement:
        """Agreement with others beyond chance (Krippendorff), of so many cases on."""
        return agreement_of(self.pairs, fewest)

    @property
    def case_s(self) -> float | None:
        """How long a case takes, in seconds: the median."""
        return round(median(self.took_ms) / 1000, 1) if self.took_ms else None


def by_person(answers: Sequence[Answer]) -> Mapping[str, Tally]:
    """What is known of each person who decided."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    last_ms: dict[str, int] = {}
    for answer in answers:
        tally = tallies[answer.person_id]
        tally.decided += 1
        before_ms = last_ms.get(answer.person_id)
        if before_ms is not None and 0 < answer.decided_at_ms - before_ms <= _AWAY_MS:
            tally.took_ms.append(answer.decided_at_ms - before_ms)
        last_ms[answer.person_id] = answer.decided_at_ms
        if answer.golden is not None:
            tally.golden.append(answer.golden is answer.choice)
        elif answer.choice in _FINAL_OF:
            tally.final += answer.state in FINAL
            tally.overturned += answer.state in FINAL and answer.state is not _FINAL_OF[answer.choice]
    for one, other in _blind_pairs(answers):
        tallies[one.person_id].pairs.append((one.choice, other.choice))
        tallies[other.person_id].pairs.append((other.choice, one.choice))
    return dict(tallies)


def by_class(answers: Sequence[Answer]) -> Mapping[str, Tally]:
    """How far people agree on cases of each class."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for one, other in _blind_pairs(answers):
        tallies[one.class_id].pairs.append((one.choice, other.choice))
    return dict(tallies)


def agreement_of_all(answers: Sequence[Answer], fewest: int) -> Agreement:
    """Agreement of everybody on everything that more than one person decided blind, of so many cases on."""
    return agreement_of([(one.choice, other.choice) for one, other in _blind_pairs(answers)], fewest)


def _blind_pairs(answers: Iterable[Answer]) -> list[tuple[Answer, Answer]]:
    """First and second answers on a case, the second by somebody who did not see the first."""
    first: dict[str, Answer] = {}
    pairs: list[tuple[Answer, Answer]] = []
    for answer in sorted(answers, key=_in_order):
        if answer.after is CaseState.SECOND_REVIEW:
            first[answer.case_id] = answer
        elif answer.before is CaseState.SECOND_REVIEW and answer.case_id in first:
            pairs.append((first.pop(answer.case_id), answer))
    return pairs


def _in_order(answer: Answer) -> tuple[int, bool]:
    """By time; of what was decided in the same millisecond the first answer on a case comes first."""
    return answer.decided_at_ms, answer.before is CaseState.SECOND_REVIEW

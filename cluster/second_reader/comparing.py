"""Second readings compared over what is stored: with and without, or by two models, beside what people decided."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from claims.policy.policy import Policy
from claims.second_reader.asking import question
from claims.second_reader.doubt import is_doubtful
from claims.second_reader.merging import merged
from claims.second_reader.types import CaseHold, Doubt, Merged
from claims.types import Disposition, Finding
from cluster.second_reader.gathering import Gatherer
from cluster.second_reader.listening import Listener
from cluster.second_reader.types import Outcome, SecondReadingResult
from review.cases.types import CaseState
from review.second_reader.store import SecondReaderStore
from review.second_reader.types import Readable

# A way of reading again: what it makes of a finding, and what asking it took; None: as it was found first.
Way = Callable[[Finding], tuple[Finding, SecondReadingResult | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A finding that two ways leave in different places."""

    finding: Finding
    before: Finding
    after: Finding
    case_id: str | None
    state: CaseState | None


@dataclass(slots=True, kw_only=True)
class Comparison:
    """What two ways make of the doubtful findings of stored broadcasts.

    Of cases that people decided, `agree_…` counts those where a way's disposition is what they decided.
    """

    ways: tuple[str, str]
    findings: int = 0
    doubtful: int = 0
    flags: list[int] = field(default_factory=lambda: [0, 0])
    calls: list[int] = field(default_factory=lambda: [0, 0])
    tokens: list[int] = field(default_factory=lambda: [0, 0])
    unanswered: list[int] = field(default_factory=lambda: [0, 0])
    decided: int = 0
    agree: list[int] = field(default_factory=lambda: [0, 0])
    differences: list[Difference] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """The counts, and each difference with both readings."""
        return {
            "ways": list(self.ways),
            "findings": self.findings,
            "doubtful": self.doubtful,
            "flags": self.flags,
            "calls": self.calls,
            "tokens": self.tokens,
            "unanswered": self.unanswered,
            "decided": self.decided,
            "agree": self.agree,
            "differences": [
                {
                    "stream_id": one.finding.stream_id,
                    "finding_id": one.finding.finding_id,
                    "class": one.finding.class_id,
                    "quote": one.finding.quote,
                    "case_id": one.case_id,
                    "state": one.state,
                    "before": _side(one.before),
                    "after": _side(one.after),
                }
                for one in self.differences
            ],
        }


def compare(
    second_reader: SecondReaderStore,
    stream_ids: Iterable[str],
    doubt: Doubt,
    policy: Policy,
    ways: tuple[tuple[str, Way], tuple[str, Way]],
) -> Comparison:
    """What the two ways make of what is stored; nothing that is stored changes but answers, which are kept."""
    comparison = Comparison(ways=(ways[0][0], ways[1][0]))
    for stream_id in stream_ids:
        for one in second_reader.readable(stream_id):
            comparison.findings += 1
            if is_doubtful(one.finding, doubt, policy):
                comparison.doubtful += 1
                _note(
                    comparison, one, [_taken(comparison, side, way, one.finding) for side, (_, way) in enumerate(ways)]
                )
    return comparison


def asking(listener: Listener, policy: Policy, gatherer: Gatherer) -> Way:
    """The way that asks a model, or takes what it answered before."""

    def way(finding: Finding) -> tuple[Finding, SecondReadingResult | None]:
        material = gatherer.material(finding, policy)
        asked = question(material, policy)
        if asked is None:
            return finding, SecondReadingResult(outcome=Outcome.UNASKED)
        heard = listener.ask(asked, finding.stream_id)
        if heard.opinion is None:
            return finding, heard
        return _surviving(merged(material, asked, heard.opinion, CaseHold.FREE, policy)), heard

    return way


def as_found(finding: Finding) -> tuple[Finding, SecondReadingResult | None]:
    """The way that asks nobody."""
    return finding, None


def _surviving(made: Merged) -> Finding:
    """The finding that stands, under the id that it was found by."""
    return made.finding if made.heir is None else replace(made.heir, finding_id=made.finding.finding_id)


def _taken(comparison: Comparison, side: int, way: Way, finding: Finding) -> Finding:
    after, heard = way(finding)
    comparison.flags[side] += after.disposition is Disposition.FLAG
    if heard is not None:
        comparison.calls[side] += heard.calls
        comparison.tokens[side] += heard.tokens_in + heard.tokens_out
        comparison.unanswered[side] += heard.opinion is None
    return after


def _note(comparison: Comparison, one: Readable, sides: list[Finding]) -> None:
    if one.state in {CaseState.CONFIRMED, CaseState.CLEARED}:
        comparison.decided += 1
        for side, finding in enumerate(sides):
            flagged = finding.disposition is Disposition.FLAG
            comparison.agree[side] += flagged == (one.state is CaseState.CONFIRMED)
    if (sides[0].disposition, sides[0].class_id, sides[0].quote) != (
        sides[1].disposition,
        sides[1].class_id,
        sides[1].quote,
    ):
        comparison.differences.append(
            Difference(finding=one.finding, before=sides[0], after=sides[1], case_id=one.case_id, state=one.state)
        )


def _side(finding: Finding) -> dict[str, object]:
    said = finding.second_reading
    return {
        "disposition": finding.disposition.value,
        "class": finding.class_id,
        "quote": finding.quote,
        "answer": None if said is None else said.answer,
        "reason": "" if said is None else said.reason,
        "why": "" if said is None else said.why,
    }

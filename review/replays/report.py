"""All broadcasts' changes summed up: by host, category and class, against decisions, with samples to look at."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from pydantic import TypeAdapter

from review.cases.types import CaseState
from review.replays.types import Change, ChangeKind, Decided, Said, Skipped, StreamDiff

SAMPLES = 40
_MOST_ROWS = 200
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyName:
    """A policy as people name it, and the hash over its files."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The flags of a host, category or class under both policies, and what changes."""

    key: str
    name: str
    before: int = 0
    after: int = 0
    flagged: int = 0
    cleared: int = 0
    changed: int = 0

    @property
    def moved(self) -> int:
        """How many flags change at all."""
        return self.flagged + self.cleared + self.changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Cases that people have decided, held against the candidate; the first of `reversed_cases` are shown.

    `reversed`: confirmed, flagged by the policy in force, and by the candidate no more. `kept`: confirmed and still
    flagged. `agreed`: found lawful, and no longer flagged. `against`: found lawful, and flagged where the policy in
    force does not.
    """

    kept: int = 0
    reversed: int = 0
    agreed: int = 0
    against: int = 0
    reversed_cases: tuple[Decided, ...] = ()
    against_cases: tuple[Decided, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """What the candidate would have found in what is stored, beside the policy in force."""

    candidate: PolicyName
    live: PolicyName
    semantic: str
    stream_count: int
    passage_count: int
    span_ms: int
    before: int
    after: int
    counts: dict[ChangeKind, int]
    parts: dict[str, int]
    by_host: tuple[Group, ...]
    by_category: tuple[Group, ...]
    by_class: tuple[Group, ...]
    decisions: Decisions
    samples: dict[ChangeKind, tuple[Change, ...]]
    unlike: int
    missing: tuple[str, ...]
    skipped: tuple[Skipped, ...]

    @property
    def hours(self) -> float:
        """How many hours of broadcasts were replayed."""
        return self.span_ms / _HOUR_MS


_REPORT: TypeAdapter[ReplayReport] = TypeAdapter(ReplayReport)


def report_json(report: ReplayReport) -> dict[str, Any]:
    """The report as JSON writes it."""
    written: dict[str, Any] = _REPORT.dump_python(report, mode="json")
    return written


def report_from_json(content: dict[str, Any]) -> ReplayReport:
    """The report that `report_json` wrote."""
    return _REPORT.validate_python(content)


def sum_up(
    diffs: Sequence[StreamDiff],
    skipped: Sequence[Skipped],
    *,
    candidate: PolicyName,
    live: PolicyName,
    semantic: str,
) -> ReplayReport:
    """The report over these broadcasts."""
    changes = [change for diff in diffs for change in diff.changes]
    by_kind = {kind: [c for c in changes if c.kind is kind] for kind in ChangeKind}
    parts = [part for change in changes for part in change.parts]
    hosts = {diff.host_id: diff.host_name for diff in diffs}
    host_of = {diff.stream_id: diff.host_id for diff in diffs}
    return ReplayReport(
        candidate=candidate,
        live=live,
        semantic=semantic,
        stream_count=len(diffs),
        passage_count=sum(diff.passage_count for diff in diffs),
        span_ms=sum(diff.span_ms for diff in diffs),
        before=sum(len(diff.before) for diff in diffs),
        after=sum(len(diff.after) for diff in diffs),
        counts={kind: len(found) for kind, found in by_kind.items()},
        parts={part: parts.count(part) for part in sorted(set(parts))},
        by_host=_groups(diffs, lambda stream_id, _: host_of[stream_id], hosts),
        by_category=_groups(diffs, lambda _, said: said.category or ""),
        by_class=_groups(diffs, lambda _, said: said.class_id),
        decisions=_decisions([decided for diff in diffs for decided in diff.decided]),
        samples={kind: _samples(found) for kind, found in by_kind.items()},
        unlike=sum(diff.unlike for diff in diffs),
        missing=tuple(sorted({product for diff in diffs for product in diff.missing})),
        skipped=tuple(skipped),
    )


def _groups(
    diffs: Sequence[StreamDiff], key_of: Callable[[str, Said], str], names: dict[str, str] | None = None
) -> tuple[Group, ...]:
    """Counts by key, most change first."""
    counts: dict[str, dict[str, int]] = {}

    def count(stream_id: str, said: Said, column: str) -> None:
        row = counts.setdefault(key_of(stream_id, said), {})
        row[column] = row.get(column, 0) + 1

    for diff in diffs:
        for column, side in (("before", diff.before), ("after", diff.after)):
            for said in side:
                count(diff.stream_id, said, column)
        for change in diff.changes:
            count(diff.stream_id, change.said, change.kind.value)
    groups = [Group(key=key, name=(names or {}).get(key, key), **row) for key, row in counts.items()]
    return tuple(sorted(groups, key=lambda g: (-g.moved, -g.after, g.key))[:_MOST_ROWS])


def _decisions(decided: Iterable[Decided]) -> Decisions:
    """By case: a case is still flagged where any of its findings is."""
    cases: dict[str, list[Decided]] = {}
    for one in decided:
        cases.setdefault(one.case_id, []).append(one)
    found: dict[str, list[Decided]] = {"kept": [], "reversed": [], "agreed": [], "against": []}
    for members in cases.values():
        before, after = any(m.before for m in members), any(m.after for m in members)
        if members[0].state is CaseState.CONFIRMED:
            if after:
                found["kept"].append(members[0])
            elif before:
                found["reversed"].append(members[0])
        elif before and not after:
            found["agreed"].append(members[0])
        elif after and not before:
            found["against"].append(members[0])
    return Decisions(
        **{name: len(members) for name, members in found.items()},
        reversed_cases=tuple(found["reversed"][:SAMPLES]),
        against_cases=tuple(found["against"][:SAMPLES]),
    )


def _samples(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Some of every class, in turn, so that one frequent class hides no other."""
    by_class: dict[str, list[Change]] = {}
    for change in changes:
        by_class.setdefault(change.said.class_id, []).append(change)
    rounds = zip_longest(*(by_class[name] for name in sorted(by_class)))
    mixed = [change for one_round in rounds for change in one_round if change is not None]
    return tuple(mixed[:SAMPLES])

"""How a measure moves: a pure state machine. People propose and approve; it ends by itself."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from review.accounts.types import Person, Role
from review.cases.types import CaseState
from review.enforcement.errors import MeasureRefused, NoticeIncomplete
from review.enforcement.penalty_table import DAY_MS, Measures
from review.enforcement.types import Measure, MeasureKind, MeasureState, Notice, Wanted

_PROPOSES = frozenset({Role.REVIEWER, Role.SENIOR, Role.ADMIN})
_APPROVES = frozenset({Role.SENIOR, Role.ADMIN})


def missing_part(notice: Notice) -> str | None:
    """The first of the five parts that the notice lacks: facts, reasons, basis, term, appeal; None: it is whole."""
    if not notice.facts_zh.strip():
        return "facts"
    if not notice.reasons_zh.strip():
        return "reasons"
    if not notice.basis or not all(cited.strip() for cited in notice.basis):
        return "basis"
    if notice.starts_at_ms is None or notice.ends_at_ms is None or notice.ends_at_ms <= notice.starts_at_ms:
        return "term"
    return None if notice.appeal_zh.strip() else "appeal"


def people_needed(kind: MeasureKind, table: Measures) -> int:
    """How many people the measure takes; a blacklist takes two, whatever a table says."""
    return 2 if kind is MeasureKind.BLACKLIST else table.measures[kind].people


def check_proposer(person: Person) -> None:
    """MeasureRefused unless this person may propose measures."""
    if person.role not in _PROPOSES:
        raise MeasureRefused("measure", f"the role {person.role} proposes nothing", code="role")


def proposed(
    measure_id: str,
    wanted: Wanted,
    notice: Notice,
    person: Person,
    cases: Mapping[str, CaseState],
    table: Measures,
    now_ms: int,
) -> Measure:
    """The measure as proposed; NoticeIncomplete and MeasureRefused say what is missing or wrong.

    `notice`: as composed from what is wanted. `cases`: where each case that it rests on stands; all must be the host's
    or a linked account's.
    """
    check_proposer(person)
    part = missing_part(notice)
    if part is not None:
        raise NoticeIncomplete(part)
    check_cases(wanted.case_ids, cases)
    _check_basis(wanted, notice, table)
    rule = table.measures[wanted.kind]
    starts, ends = notice.starts_at_ms, notice.ends_at_ms
    assert starts is not None
    assert ends is not None
    if starts < now_ms:
        raise MeasureRefused("term", "it begins in the past; name a moment from now on", code="starts_early")
    if ends - starts > rule.longest_days * DAY_MS:
        raise MeasureRefused("term", f"{wanted.kind} lasts {rule.longest_days} days at most", code="too_long")
    urgent = bool(wanted.urgent_why.strip())
    defence_due_ms = now_ms if urgent else now_ms + rule.defence_days * DAY_MS
    if starts < defence_due_ms:
        why = f"the host is heard for {rule.defence_days} days first; begin later, or say why it is urgent"
        raise MeasureRefused("term", why, code="before_defence")
    return Measure(
        id=measure_id,
        host_id=wanted.host_id,
        kind=wanted.kind,
        state=MeasureState.PROPOSED,
        notice=notice,
        case_ids=tuple(sorted(set(wanted.case_ids))),
        breach=wanted.breach.strip(),
        serious_why=wanted.serious_why.strip(),
        urgent_why=wanted.urgent_why.strip(),
        table_version=table.version,
        proposed_by=person.id,
        proposed_at_ms=now_ms,
        defence_due_ms=defence_due_ms,
        lapses_at_ms=min(ends, defence_due_ms + table.deadlines.proposal_lapses_days * DAY_MS),
    )


def approved(
    measure: Measure,
    person: Person,
    cases: Mapping[str, CaseState],
    table: Measures,
    now_ms: int,
    *,
    answered: bool,
    changed: str | None = None,
) -> Measure:
    """The measure in force; MeasureRefused says why this person may not approve it, or not yet.

    `answered`: the host has been heard, so nothing is gained by waiting. `changed`: a case that is no longer what the
    notice says of it.
    """
    _demand(measure, MeasureState.PROPOSED)
    if person.role not in _APPROVES:
        raise MeasureRefused(_name(measure), "a senior approves it", code="senior_only")
    if person.id == measure.proposed_by and people_needed(measure.kind, table) == 2:
        raise MeasureRefused(_name(measure), "somebody else than its proposer approves it", code="second_person")
    part = missing_part(measure.notice)
    if part is not None:
        raise NoticeIncomplete(part)
    check_cases(measure.case_ids, cases)
    if changed is not None:
        why = "was decided anew or corrected since it was proposed; decline the proposal and propose it again"
        raise MeasureRefused(f"case {changed}", why, code="stale", case_id=changed)
    if now_ms >= measure.lapses_at_ms:
        raise MeasureRefused(_name(measure), "the proposal's time is over; propose it anew", code="lapsed")
    if now_ms < measure.defence_due_ms and not answered:
        raise MeasureRefused(_name(measure), "the host still has time to answer", code="before_defence")
    return replace(
        measure,
        state=MeasureState.IN_FORCE,
        approved_by=person.id,
        approved_at_ms=now_ms,
        appeal_due_ms=now_ms + table.deadlines.appeal_days * DAY_MS,
    )


def rejected(measure: Measure, person: Person, why: str, now_ms: int) -> Measure:
    """The measure that does not come: a senior declines it, or its proposer takes it back."""
    _demand(measure, MeasureState.PROPOSED)
    if person.role not in _APPROVES and person.id != measure.proposed_by:
        raise MeasureRefused(_name(measure), "a senior declines it, or its proposer takes it back", code="senior_only")
    if not why.strip():
        raise MeasureRefused(_name(measure), "the reason is missing", code="why")
    return replace(
        measure, state=MeasureState.REJECTED, closed_by=person.id, closed_at_ms=now_ms, closed_why=why.strip()
    )


def expired(measure: Measure, now_ms: int) -> Measure:
    """The measure as time leaves it: ended with its term, lapsed with its proposal, or as it is."""
    if measure.state is MeasureState.IN_FORCE and now_ms >= measure.ends_at_ms:
        return replace(measure, state=MeasureState.ENDED, closed_by="", closed_at_ms=now_ms, closed_why="term")
    if measure.state is MeasureState.PROPOSED and now_ms >= measure.lapses_at_ms:
        return replace(measure, state=MeasureState.LAPSED, closed_by="", closed_at_ms=now_ms, closed_why="not_approved")
    return measure


def lifted(measure: Measure, by: str, why: str, now_ms: int) -> Measure:
    """The measure lifted before its time, or struck from the record after it: on appeal, or with its last case."""
    return replace(measure, state=MeasureState.LIFTED, closed_by=by, closed_at_ms=now_ms, closed_why=why)


def check_cases(case_ids: Collection[str], cases: Mapping[str, CaseState]) -> None:
    """MeasureRefused unless the measure rests on cases, and all are the host's and confirmed."""
    if not case_ids:
        raise MeasureRefused("cases", "none is named; a measure rests on confirmed cases", code="no_case")
    for case_id in sorted(case_ids):
        if case_id not in cases:
            why = "is no case of this host or a linked account"
            raise MeasureRefused(f"case {case_id}", why, code="other_host", case_id=case_id)
        if cases[case_id] is not CaseState.CONFIRMED:
            why = f"is {cases[case_id]}, not confirmed"
            raise MeasureRefused(f"case {case_id}", why, code="not_confirmed", case_id=case_id)


def _check_basis(wanted: Wanted, notice: Notice, table: Measures) -> None:
    for cited in notice.basis:
        if table.statute_of(cited) is None:
            raise MeasureRefused("basis", f"{cited!r} is not among the table's statutes", code="basis_unknown")
    if wanted.kind is not MeasureKind.BLACKLIST:
        return
    if not wanted.breach.strip():
        raise MeasureRefused("breach", "name the law or regulation that was seriously breached", code="breach")
    statute = table.statute_of(wanted.breach)
    if statute is None:
        raise MeasureRefused("breach", f"{wanted.breach!r} is not among the table's statutes", code="basis_unknown")
    if statute.level == "rule":
        why = f"{statute.name} is a departmental rule; a blacklist needs a law or an administrative regulation"
        raise MeasureRefused("breach", why, code="only_a_rule")
    if wanted.breach.strip() not in {cited.strip() for cited in notice.basis}:
        raise MeasureRefused("basis", f"the notice does not name {wanted.breach}", code="breach_not_in_notice")
    if not wanted.serious_why.strip():
        raise MeasureRefused("breach", "say what makes it serious", code="serious_why")


def _demand(measure: Measure, state: MeasureState) -> None:
    if measure.state is not state:
        raise MeasureRefused(_name(measure), f"it is {measure.state}, not {state}", code="moved_on")


def _name(measure: Measure) -> str:
    return f"measure {measure.id}"

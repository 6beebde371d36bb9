"""What a decision case by case makes of an appealed measure: never harsher, no more than what stands carries; pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from review.cases.decisions import REASONS
from review.cases.types import CaseState, Choice
from review.enforcement.errors import AppealRefused, MeasureRefused
from review.enforcement.legal_reference import LegalReference
from review.enforcement.notice_composition import Ground, compose
from review.enforcement.notice_wording import amended_en, amended_zh
from review.enforcement.penalty_points import propose
from review.enforcement.penalty_table import DAY_MS, Measures
from review.enforcement.types import AppealState, Measure, MeasureKind, Outcome, Proposal, Remaining, Ruling, Wanted

_LAWFUL = REASONS[Choice.LAWFUL]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What becomes of the measure. `after` None: it is lifted; the measure itself: it stays as it is."""

    state: AppealState
    rulings: tuple[Ruling, ...]
    after: Measure | None
    outcome: Outcome

    @property
    def fallen(self) -> tuple[Ruling, ...]:
        """The cases that do not stand."""
        return tuple(ruling for ruling in self.rulings if not ruling.stands)


def ruled(
    measure: Measure,
    rulings: Sequence[Ruling],
    remaining: Remaining | None,
    cases: Mapping[str, CaseState],
    ground: Ground,
    table: Measures,
    reference: LegalReference,
    appeal_id: str,
    now_ms: int,
) -> Decided:
    """What these rulings make of the measure; AppealRefused says which case or what of the measure is undecided.

    `cases`: where the measure's cases stand. `ground`: of them all, as it is before the decision. `remaining` None: not
    chosen, which is right only where nothing stands.
    """
    decided = _checked(measure, rulings, cases)
    standing = [ruling.case_id for ruling in decided if ruling.stands]
    fallen = [ruling.case_id for ruling in decided if not ruling.stands]
    if not standing:
        return _decided(AppealState.OVERTURNED, decided, measure, None)
    if remaining is None:
        raise AppealRefused("measure", "say what measure is left for the cases that stand", code="measure")
    if remaining.kind is None:
        return _decided(AppealState.VARIED, decided, measure, None)
    kind, days = _within(measure, remaining.kind, remaining.term_days, table)
    if not fallen and kind is measure.kind and days == _days(measure):
        return _decided(AppealState.UPHELD, decided, measure, measure)
    for case_id in standing:
        if cases[case_id] is not CaseState.CONFIRMED:
            why = f"is {cases[case_id]}; it can't carry a notice until it is confirmed again"
            raise AppealRefused(f"case {case_id}", why, code="case_moved")
    left = _without(ground, measure, fallen)
    gravest = gravest_left(measure, propose_left(measure, left, standing, table), bool(fallen))
    if kind.gravity > gravest.gravity:
        why = f"the cases that stand carry {gravest.value} at most"
        raise AppealRefused("measure", why, code="too_grave")
    after = _corrected(measure, kind, days, standing, left, table, reference)
    facts = [ruling.fact for ruling in decided if not ruling.stands and ruling.fact]
    words = (appeal_id, facts, len(fallen), measure, after, table, now_ms)
    notice = replace(after.notice, amended_zh=amended_zh(*words), amended_en=amended_en(*words))
    return _decided(AppealState.VARIED, decided, measure, replace(after, notice=notice))


def propose_left(measure: Measure, left: Ground, standing: Collection[str], table: Measures) -> Proposal:
    """What the table would have proposed for the cases that stand when the measure was proposed."""
    return propose(left.strikes, table, measure.proposed_at_ms, taken=left.taken, chosen=standing)


def gravest_left(measure: Measure, proposal: Proposal, has_fallen: bool) -> MeasureKind:
    """The gravest measure that may be left.

    Where cases fell it is what the table proposes for those that stand, unless people had gone beyond the table before;
    never graver than it was.
    """
    before = measure.notice.proposed_kind
    beyond = not before or measure.kind.gravity > MeasureKind(before).gravity
    if not has_fallen or beyond:
        return measure.kind
    return min(measure.kind, proposal.measure or MeasureKind.WARNING, key=lambda kind: kind.gravity)


def _checked(measure: Measure, rulings: Sequence[Ruling], cases: Mapping[str, CaseState]) -> tuple[Ruling, ...]:
    """The rulings in the order of the notice's facts, each case once, each with its reasons."""
    given = {ruling.case_id: ruling for ruling in rulings}
    facts = {fact.case_id: (number, fact) for number, fact in enumerate(measure.notice.facts, 1)}
    order = sorted(measure.case_ids, key=lambda case_id: (facts[case_id][0] if case_id in facts else 0, case_id))
    checked = []
    for case_id in order:
        if cases.get(case_id) is CaseState.CLEARED and case_id not in given:
            continue
        ruling = given.get(case_id)
        name = f"case {case_id}"
        if ruling is None:
            raise AppealRefused(name, "say whether it stands", code="choice")
        if not ruling.reasons_zh.strip():
            raise AppealRefused(name, "the written reasons are missing", code="reasons")
        if not ruling.stands and ruling.why not in _LAWFUL:
            raise AppealRefused(name, "say why it is lawful", code="choice")
        number, fact = facts.get(case_id, (0, None))
        checked.append(
            replace(
                ruling,
                reasons_zh=ruling.reasons_zh.strip(),
                reasons_en=ruling.reasons_en.strip(),
                why="" if ruling.stands else ruling.why,
                fact=number,
                quote=fact.occurrences[0].quote if fact else "",
            )
        )
    stray = sorted(set(given) - set(measure.case_ids))
    if stray:
        raise AppealRefused(f"case {stray[0]}", "the measure does not rest on it", code="choice")
    return tuple(checked)


def _within(measure: Measure, kind: MeasureKind, term_days: int | None, table: Measures) -> tuple[MeasureKind, int]:
    """The measure and its days; AppealRefused for more than there was."""
    rule = table.measures[kind]
    longest = _days(measure) if kind is measure.kind else min(_days(measure), rule.longest_days)
    days = min(longest, longest if kind is measure.kind else rule.term_days) if term_days is None else term_days
    if kind.gravity > measure.kind.gravity:
        raise AppealRefused("measure", "an appeal makes nothing graver", code="too_grave")
    if not 1 <= days <= longest:
        raise AppealRefused("measure", f"its term is 1 to {longest} days; an appeal makes nothing longer", code="term")
    return kind, days


def _days(measure: Measure) -> int:
    return -(-(measure.ends_at_ms - measure.starts_at_ms) // DAY_MS)


def _without(ground: Ground, measure: Measure, fallen: Collection[str]) -> Ground:
    """What was there when the measure was proposed, without the cases that fell and the measure itself."""
    return replace(
        ground,
        strikes=tuple(strike for strike in ground.strikes if strike.case_id not in fallen),
        taken=tuple(taken for taken in ground.taken if taken.told_at_ms < measure.proposed_at_ms),
    )


def _corrected(
    measure: Measure,
    kind: MeasureKind,
    days: int,
    standing: Sequence[str],
    left: Ground,
    table: Measures,
    reference: LegalReference,
) -> Measure:
    is_entry = kind is MeasureKind.BLACKLIST
    wanted = Wanted(
        host_id=measure.host_id,
        kind=kind,
        case_ids=tuple(standing),
        starts_at_ms=measure.starts_at_ms,
        term_days=days,
        remarks_zh=measure.notice.remarks_zh,
        remarks_en=measure.notice.remarks_en,
        breach=measure.breach if is_entry else "",
        serious_why=measure.serious_why if is_entry else "",
    )
    try:
        notice = compose(wanted, left, table, reference, measure.proposed_at_ms)
    except MeasureRefused as error:
        raise AppealRefused(f"case {error.case_id}", error.why, code="no_notice") from error
    if is_entry and measure.breach not in notice.basis:
        why = f"no case that stands cites {measure.breach}; choose a milder measure"
        raise AppealRefused("measure", why, code="breach_gone")
    assert notice.ends_at_ms is not None
    notice = replace(notice, ends_at_ms=min(notice.ends_at_ms, measure.ends_at_ms))
    return replace(measure, kind=kind, notice=notice, breach=wanted.breach, serious_why=wanted.serious_why)


def _decided(state: AppealState, rulings: tuple[Ruling, ...], before: Measure, after: Measure | None) -> Decided:
    return Decided(
        state=state,
        rulings=rulings,
        after=after,
        outcome=Outcome(
            kind_before=before.kind,
            ends_before_ms=before.ends_at_ms,
            kind_after=after.kind if after else None,
            ends_after_ms=after.ends_at_ms if after else None,
        ),
    )

"""A notice as its chosen cases and its measure make it: a pure function, so that what people see is what is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from claims.law.texts import LANGUAGES, StatuteTexts, day_at
from review.enforcement.errors import MeasureRefused
from review.enforcement.legal_reference import LegalReference
from review.enforcement.notice_wording import clean, fact_en, fact_zh
from review.enforcement.occurrences import Words
from review.enforcement.penalty_points import propose
from review.enforcement.penalty_table import DAY_MS, Factor, Measures
from review.enforcement.powers import power_en, power_zh
from review.enforcement.types import (
    Fact,
    MeasureKind,
    Notice,
    Occurrence,
    PointsFactor,
    PointsRow,
    Proposal,
    Step,
    Strike,
    Taken,
    Wanted,
)

_HOUR_MS = 3_600_000
_MOST_BROADCASTS = 5
_APPEAL_ZH = "可通过随本通知送达的专用网址在线申诉，无需注册账号，可提交书面陈述和材料。"
_APPEAL_EN = (
    "Through the page whose link comes with this notice: no account is needed; a statement and files can be handed in."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a notice can rest on: strikes of the host and linked accounts, their words, the measures that stand."""

    strikes: tuple[Strike, ...]
    words: Mapping[str, Words]
    taken: tuple[Taken, ...] = ()


def compose(wanted: Wanted, ground: Ground, table: Measures, reference: LegalReference, now_ms: int) -> Notice:
    """The notice; MeasureRefused names a chosen case that gives no strike, or that no listed article fits.

    The same choice gives the same notice, in whatever order the cases are named.
    """
    chosen = _chosen(wanted, ground)
    ids = {strike.case_id for strike in chosen}
    proposal = propose(ground.strikes, table, now_ms, taken=ground.taken, chosen=ids)
    steps = {step.case_id: step for step in proposal.steps}
    facts = tuple(_fact(strike, ground.words[strike.case_id], table, reference) for strike in chosen)
    points = tuple(
        _points(number, strike, steps.get(strike.case_id), table, reference) for number, strike in enumerate(chosen, 1)
    )
    starts_at_ms, ends_at_ms = _term(wanted, table, now_ms)
    days = {strike.case_id: said_on(strike) for strike in chosen}
    printed = {
        language: {cited: reference.laws.formal(cited, language, days[f.case_id]) for f in facts for cited in f.basis}
        for language in LANGUAGES
    }
    basis = tuple(dict.fromkeys(cited for fact in facts for cited in fact.basis))
    return Notice(
        facts_zh="\n".join(
            fact_zh(number, fact, [printed["zh"][cited] for cited in fact.basis])
            for number, fact in enumerate(facts, 1)
        ),
        facts_en="\n".join(
            fact_en(number, fact, [printed["en"][cited] for cited in fact.basis])
            for number, fact in enumerate(facts, 1)
        ),
        reasons_zh=_reasons_zh(wanted.kind, proposal, points, table),
        reasons_en=_reasons_en(wanted.kind, proposal, points, table),
        basis=basis,
        starts_at_ms=starts_at_ms,
        ends_at_ms=ends_at_ms,
        appeal_zh=_APPEAL_ZH,
        appeal_en=_APPEAL_EN,
        facts=facts,
        points=points,
        points_total=proposal.points,
        basis_zh=tuple(printed["zh"][cited] for cited in basis),
        basis_en=tuple(printed["en"][cited] for cited in basis),
        remarks_zh=wanted.remarks_zh.strip(),
        remarks_en=wanted.remarks_en.strip(),
        proposed_kind=proposal.measure.value if proposal.measure else "",
        power_zh=power_zh(wanted.kind, table, reference.laws),
        power_en=power_en(wanted.kind, table, reference.laws),
    )


def said_on(strike: Strike) -> date:
    """The day on which its words first fell: the law of that day holds."""
    return day_at(strike.said_in[0].first_ms)


def fitting(strike: Strike, product: str, table: Measures, laws: StatuteTexts) -> tuple[str, ...]:
    """Those articles that the case cites and the table lists, about such claims and such goods.

    Their text must be known, as it was in force when the words fell, from two copies that agree. Goods that are known
    by name and not by category are those that the policy judged them to be.
    """
    known = [cited for cited in strike.law if laws.is_verified(cited, said_on(strike))]
    if strike.category is None and product:
        return tuple(cited for cited in known if table.statute_of(cited) is not None)
    return tuple(cited for cited in known if table.fits(cited, strike.class_id, strike.category))


def _chosen(wanted: Wanted, ground: Ground) -> list[Strike]:
    """The strikes of the chosen cases, those whose words fell first first."""
    if not wanted.case_ids:
        raise MeasureRefused("cases", "none is named; a measure rests on confirmed cases", code="no_case")
    strikes = {strike.case_id: strike for strike in ground.strikes}
    for case_id in sorted(set(wanted.case_ids)):
        if case_id not in strikes or case_id not in ground.words:
            why = "is not confirmed, or is no case of this host or a linked account; leave it out"
            raise MeasureRefused(f"case {case_id}", why, code="not_confirmed", case_id=case_id)
    found = [strikes[case_id] for case_id in set(wanted.case_ids)]
    return sorted(found, key=lambda strike: (strike.said_in[0].first_ms, strike.case_id))


def _fact(strike: Strike, words: Words, table: Measures, reference: LegalReference) -> Fact:
    basis = fitting(strike, words.product, table, reference.laws)
    if not basis:
        why = "no article of the table fits its class and goods; leave it out, or decide its class anew"
        raise MeasureRefused(f"case {strike.case_id}", why, code="no_basis", case_id=strike.case_id)
    if not words.said:
        why = "its words are no longer kept, so nobody can be told of them; leave it out"
        raise MeasureRefused(f"case {strike.case_id}", why, code="no_words", case_id=strike.case_id)
    class_zh, class_en = reference.class_name(strike.class_id)
    first_of = {said.occurrences[0].stream_id: said for said in reversed(words.said)}
    by_time = [said for said in words.said if first_of[said.occurrences[0].stream_id] is said]
    return Fact(
        case_id=strike.case_id,
        decision_id=words.decision_id,
        class_id=strike.class_id,
        class_zh=class_zh,
        class_en=class_en,
        product=clean(words.product),
        occurrences=tuple(_clean(each) for said in by_time[:_MOST_BROADCASTS] for each in said.occurrences),
        more_broadcasts=max(0, len(by_time) - _MOST_BROADCASTS),
        claimed=clean(words.said[0].claimed),
        registered=clean(words.said[0].registered),
        basis=basis,
    )


def _clean(each: Occurrence) -> Occurrence:
    return Occurrence(
        finding_id=each.finding_id,
        stream_id=each.stream_id,
        title=clean(each.title),
        channel=each.channel,
        quote=clean(each.quote),
        at_ms=each.at_ms,
        said_at_ms=each.said_at_ms,
    )


def _points(number: int, strike: Strike, step: Step | None, table: Measures, reference: LegalReference) -> PointsRow:
    class_zh, class_en = reference.class_name(strike.class_id)
    factors = [(table.factor(name), percent) for name, percent in (step.factors if step else ())]
    return PointsRow(
        number=number,
        case_id=strike.case_id,
        class_zh=class_zh,
        class_en=class_en,
        severity=strike.severity,
        base_points=step.base_points if step else 0,
        factors=tuple(PointsFactor(percent=percent, zh=_word(f, "zh"), en=_word(f, "en")) for f, percent in factors),
        points=step.points if step else 0,
        counts=step is not None,
    )


def _word(factor: Factor, language: str) -> str:
    return factor.zh if language == "zh" else factor.en


def _term(wanted: Wanted, table: Measures, now_ms: int) -> tuple[int, int]:
    rule = table.measures[wanted.kind]
    heard_ms = now_ms if wanted.urgent_why.strip() else now_ms + rule.defence_days * DAY_MS
    starts_at_ms = -(-heard_ms // _HOUR_MS) * _HOUR_MS if wanted.starts_at_ms is None else wanted.starts_at_ms
    days = rule.term_days if wanted.term_days is None else wanted.term_days
    return starts_at_ms, starts_at_ms + days * DAY_MS


def _reasons_zh(kind: MeasureKind, proposal: Proposal, points: Sequence[PointsRow], table: Measures) -> str:
    forgotten = sum(not row.counts for row in points)
    left_out = f"其中 {forgotten} 项已过计分期，不计分。" if forgotten else ""
    wanted = table.measures[kind].zh
    if proposal.measure is kind:
        end = f"本次措施“{wanted}”与标准的建议一致。"
    else:
        graver = proposal.measure is None or kind.gravity > proposal.measure.gravity
        end = f"本次措施“{wanted}”由审核人员决定，{'重于' if graver else '轻于'}标准的建议。"
    head = f"上列 {len(points)} 项事实均经人工确认，依公布的处置标准计分，逐项见计分表。"
    return f"{head}{left_out}{proposal.reason_zh}{end}"


def _reasons_en(kind: MeasureKind, proposal: Proposal, points: Sequence[PointsRow], table: Measures) -> str:
    forgotten = sum(not row.counts for row in points)
    left_out = f" Of these, {forgotten} no longer count." if forgotten else ""
    wanted = table.measures[kind].en
    if proposal.measure is kind:
        end = f"This measure, {wanted}, is what the table proposes."
    else:
        graver = proposal.measure is None or kind.gravity > proposal.measure.gravity
        end = f"People decide on {wanted}, which is {'graver' if graver else 'milder'} than what the table proposes."
    head = "People confirmed every fact above; the published table weighs them line by line."
    return f"{head}{left_out} {proposal.reason_en} {end}"

"""What a measure can rest on, read in the caller's transaction: strikes with their words, measures that stand."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from review.db.tables.cases import CaseRow
from review.db.tables.enforcement import MeasureRow
from review.enforcement.legal_reference import LegalReference
from review.enforcement.notice_composition import Ground
from review.enforcement.notice_wording import clean
from review.enforcement.occurrences import Words, broadcasts_of, words_of
from review.enforcement.rows import linked_hosts, measures_where, strikes_of
from review.enforcement.types import Fact, Measure, MeasureState, Notice, Strike, Taken

_TOLD = frozenset({MeasureState.IN_FORCE, MeasureState.ENDED})


def strikes_as_decided(
    connection: Connection, host_ids: Iterable[str], reference: LegalReference
) -> tuple[Strike, ...]:
    """The strikes of these hosts with where their words fell, each with law and severity of the class people found."""
    strikes = strikes_of(connection, host_ids)
    ids = [strike.case_id for strike in strikes]
    said = broadcasts_of(connection, ids)
    rows = connection.execute(select(CaseRow.case_id, CaseRow.class_id).where(CaseRow.case_id.in_(ids)))
    found = {case_id: class_id for case_id, class_id in rows}
    return tuple(
        reference.as_decided(
            replace(
                strike,
                found_class_id=found.get(strike.case_id, ""),
                broadcasts=tuple(b for b in said.get(strike.case_id, ()) if b.known_ms <= strike.confirmed_at_ms),
            )
        )
        for strike in strikes
    )


def taken_of(measures: Iterable[Measure]) -> tuple[Taken, ...]:
    """Those of the measures that were approved and stand."""
    return tuple(
        Taken(kind=measure.kind, told_at_ms=measure.approved_at_ms, case_ids=measure.case_ids)
        for measure in measures
        if measure.state in _TOLD and measure.approved_at_ms is not None
    )


def ground_of(connection: Connection, host_id: str, case_ids: Sequence[str], reference: LegalReference) -> Ground:
    """What these cases of the host and the linked accounts say."""
    hosts = (host_id, *linked_hosts(connection, host_id))
    strikes = strikes_as_decided(connection, hosts, reference)
    chosen = [strike for strike in strikes if strike.case_id in case_ids]
    words = words_of(connection, [strike.case_id for strike in chosen])
    return Ground(
        strikes=strikes,
        words={strike.case_id: _confirmed(words[strike.case_id], strike) for strike in chosen},
        taken=taken_of(measures_where(connection, MeasureRow.host_id.in_(hosts))),
    )


def _confirmed(words: Words, strike: Strike) -> Words:
    """The words without those of broadcasts that came after people confirmed the case."""
    streams = {broadcast.stream_id for broadcast in strike.broadcasts}
    return replace(words, said=tuple(said for said in words.said if said.occurrences[0].stream_id in streams))


def changed_case(connection: Connection, notice: Notice) -> str | None:
    """The first case that is no longer what the notice says of it: decided anew, or its words corrected; None: none."""
    words = words_of(connection, [fact.case_id for fact in notice.facts])
    return next((fact.case_id for fact in notice.facts if not _stands(fact, words.get(fact.case_id))), None)


def _stands(fact: Fact, words: Words | None) -> bool:
    if words is None or words.decision_id != fact.decision_id:
        return False
    now = {(each.finding_id, each.channel, each.at_ms): each for said in words.said for each in said.occurrences}
    for occurrence in fact.occurrences:
        each = now.get((occurrence.finding_id, occurrence.channel, occurrence.at_ms))
        if each is None or clean(each.quote) != occurrence.quote:
            return False
    return True

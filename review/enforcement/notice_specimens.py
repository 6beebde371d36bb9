"""Specimens: what a notice would say of one finding, composed as every notice is, for whoever checks the law."""

from claims.law.texts import Language
from claims.types import Finding
from review.enforcement.errors import MeasureRefused
from review.enforcement.legal_reference import LegalReference
from review.enforcement.notice_composition import Ground, compose
from review.enforcement.occurrences import Said, Words
from review.enforcement.penalty_table import Measures
from review.enforcement.types import Broadcast, MeasureKind, Occurrence, Strike, Wanted

_CASE, _HOST, _TITLE = "c1", "h1", "示例专场"


def specimen(
    finding: Finding,
    product: str,
    category: str,
    table: Measures,
    reference: LegalReference,
    started_at_ms: int,
    language: Language = "zh",
) -> str | None:
    """The fact of a warning that rests on the finding alone; None: no article reaches a notice."""
    said_at_ms = started_at_ms + finding.start_ms
    strike = Strike(
        case_id=_CASE,
        host_id=_HOST,
        class_id=finding.class_id,
        category=category,
        severity=finding.severity,
        corrected=False,
        law=finding.law,
        at_ms=said_at_ms,
        confirmed_at_ms=said_at_ms,
        found_class_id=finding.class_id,
        broadcasts=(Broadcast(stream_id=finding.stream_id, first_ms=said_at_ms, last_ms=said_at_ms),),
    )
    occurrence = Occurrence(
        finding_id=finding.finding_id,
        stream_id=finding.stream_id,
        title=_TITLE,
        channel=finding.channel,
        quote=finding.quote,
        at_ms=finding.start_ms,
        said_at_ms=said_at_ms,
    )
    said = Said(occurrences=(occurrence,), claimed=finding.claimed, registered=finding.registered or "")
    words = Words(case_id=_CASE, product=product, decision_id="d1", said=(said,))
    wanted = Wanted(host_id=_HOST, kind=MeasureKind.WARNING, case_ids=(_CASE,))
    try:
        notice = compose(wanted, Ground(strikes=(strike,), words={_CASE: words}), table, reference, said_at_ms)
    except MeasureRefused:
        return None
    return notice.facts_zh if language == "zh" else notice.facts_en

"""Cases that are no finding until a person decides, and that nobody can tell from the others.

A passage that was not flagged, or a decided case shown anew, is put before people as a case like any. What they look at
lies among the findings under a disposition of its own, which no list, count or event of findings knows. Found to be a
breach, a spot check becomes a finding and is told like one; a case shown anew never does.
"""

import uuid
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection, select, update

from claims.types import Disposition, Finding, ScoreStep
from review.cases.grouping import language_of_words
from review.cases.priority import PriorityFactors, rank_of, reasons
from review.cases.tally import Filed, said_at, write_tallies
from review.cases.types import BlindKind, CaseState
from review.db.tables.cases import CaseFindingRow, CaseRow
from review.db.tables.learning import BlindCaseRow
from review.db.tables.streams import HIDDEN, FindingRow, StreamRow
from review.db.upsert import insert_missing, table_of
from review.events.types import NewEvent
from review.streams.events import finding_events
from review.streams.filing import count_up, reserve_sequences
from review.streams.rows import finding_from_json, finding_values

# Of so many cases the score is told only once they are decided: of every blind one, and of others by chance.
WITHHELD_SHARE = 0.15
_SHARES = 1 << 32
_FOUND_BY = "found by a spot check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """Why a case is blind. `share`: of what the passage was drawn from, how much is drawn; `score`: its true one."""

    kind: BlindKind
    stratum: str
    share: float
    goods: str
    score: float
    golden_id: str | None = None


def withholds_score(case_key: str) -> bool:
    """Whether the score of this case is told only once it is decided: by a hash, of ordinary cases as of blind ones."""
    return int(case_key[8:16], 16) < WITHHELD_SHARE * _SHARES


def open_blind_case(
    connection: Connection, finding: Finding, blind: Blind, *, now_ms: int, flag_at: float, second_share: float
) -> str:
    """The id of a new case of this finding, which is none yet; it ranks as a case whose score lies at the bar."""
    stream = (
        connection.execute(select(StreamRow.__table__).where(StreamRow.stream_id == finding.stream_id)).mappings().one()
    )
    shown = replace(finding, disposition=Disposition.FLAG, score=flag_at)
    product = next((p for p in stream["products"] if p["product_id"] == finding.product_id), None)
    factors = PriorityFactors(
        severity=shown.severity,
        score=flag_at,
        flag_at=flag_at,
        said_count=1,
        stream_count=1,
        reach=int(stream["viewers"]),
        opened_at_ms=now_ms,
    )
    number = reserve_sequences(connection, 1)
    values = finding_values(
        shown, host_id=str(stream["host_id"]), created_seq=number, updated_seq=number, clip_start_ms=None
    )
    connection.execute(table_of(FindingRow).insert().values(values | {"disposition": HIDDEN}))
    case_id, key = str(uuid.uuid4()), _key()
    case = {
        "case_id": case_id,
        "case_key": key,
        "host_id": stream["host_id"],
        "host_name": stream["host_name"],
        "platform": stream["platform"],
        "product_id": shown.product_id,
        "product_name": product["name"] if product else None,
        "class": shown.class_id,
        "category": product.get("category") if product else None,
        "severity": shown.severity,
        "quote": shown.quote,
        "script": "",
        "state": CaseState.OPEN.value,
        "rank": rank_of(factors),
        "why": [asdict(reason) for reason in reasons(factors)],
        "opened_at_ms": now_ms,
        "changed_at_ms": now_ms,
        "changed_seq": count_up(connection, "case"),
        "finding_count": 1,
        "stream_count": 1,
        "said_count": 1,
        "top_finding_id": shown.finding_id,
        "score": flag_at,
        "reach": factors.reach,
        "complained": False,
        "sampled": blind.kind is BlindKind.SPOT and int(key[:8], 16) < second_share * _SHARES,
        "version": 0,
        "number": count_up(connection, "case_number"),
        "language": language_of_words(shown.quote),
    }
    insert_missing(connection, CaseRow, [case])
    row = {"finding_id": shown.finding_id, "case_id": case_id, "stream_id": shown.stream_id}
    insert_missing(connection, CaseFindingRow, [row])
    insert_missing(
        connection,
        BlindCaseRow,
        [
            {
                "case_id": case_id,
                "kind": blind.kind.value,
                "finding_id": shown.finding_id,
                "stream_id": shown.stream_id,
                "tenant_id": stream["tenant_id"],
                "stratum": blind.stratum,
                "share": blind.share,
                "golden_id": blind.golden_id,
                "class": shown.class_id,
                "goods": blind.goods,
                "policy": shown.policy,
                "score": blind.score,
                "made_at_ms": now_ms,
                "settled_at_ms": None,
            }
        ],
    )
    return case_id


def blind_kind(connection: Connection, case_id: str) -> BlindKind | None:
    """What kind of blind case it is still; None: it is an ordinary one, or a spot check that became a finding."""
    row = connection.execute(
        select(BlindCaseRow.kind, FindingRow.disposition)
        .join(FindingRow, FindingRow.finding_id == BlindCaseRow.finding_id)
        .where(BlindCaseRow.case_id == case_id)
    ).one_or_none()
    return BlindKind(row.kind) if row is not None and row.disposition == HIDDEN else None


def settle(connection: Connection, case_id: str, now_ms: int) -> list[NewEvent]:
    """What is to be told of a blind case that was just decided; a spot check found to be a breach is a finding now."""
    blind = (
        connection.execute(
            select(BlindCaseRow, CaseRow.state)
            .join(CaseRow, CaseRow.case_id == BlindCaseRow.case_id)
            .where(BlindCaseRow.case_id == case_id)
        )
        .mappings()
        .one()
    )
    connection.execute(update(BlindCaseRow).where(BlindCaseRow.case_id == case_id).values(settled_at_ms=now_ms))
    if blind["kind"] == BlindKind.GOLDEN.value or blind["state"] != CaseState.CONFIRMED.value:
        return []
    stored = connection.execute(
        select(FindingRow.record, FindingRow.stream_id).where(FindingRow.finding_id == blind["finding_id"])
    ).one()
    hidden = finding_from_json(stored.record)
    step = ScoreStep(step=_FOUND_BY, value=blind["score"])
    finding = replace(hidden, score=blind["score"], score_steps=(*hidden.score_steps, step))
    number = reserve_sequences(connection, 1)
    connection.execute(
        update(FindingRow)
        .where(FindingRow.finding_id == finding.finding_id)
        .values(
            disposition=Disposition.FLAG.value,
            score=finding.score,
            record=finding.to_json(),
            created_seq=number,
            updated_seq=number,
        )
    )
    stream = (
        connection.execute(select(StreamRow.__table__).where(StreamRow.stream_id == stored.stream_id)).mappings().one()
    )
    product: dict[str, str] = next((p for p in stream["products"] if p["product_id"] == finding.product_id), {})
    filed = Filed(
        tenant_id=str(stream["tenant_id"]),
        class_id=finding.class_id,
        rule=finding.rule,
        policy=finding.policy,
        host_id=str(stream["host_id"]),
        category=product.get("category"),
        said_at=said_at(stream["started_at"], finding.start_ms, now_ms),
    )
    write_tallies(connection, [filed])
    return finding_events(connection, [finding], {finding.finding_id})


def _key() -> str:
    """A key that no finding's claim has, of a case whose score is withheld."""
    while not withholds_score(key := uuid.uuid4().hex):
        pass
    return key

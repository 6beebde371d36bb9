"""What a desk's offices keep beside its cases: passports, batches, analyses anew, measures, appeals, and the trail."""

import hashlib
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from bench.bulk import insert_rows
from bench.desk_learnt import POLICY, DecidedCase
from review.audit.chain import ORIGIN, Head, next_entry
from review.batches.types import ArchiveState, BatchState
from review.cases.types import CaseState
from review.db.tables.audit import AuditHeadRow, AuditRow
from review.db.tables.batches import BatchFileRow, BatchRow
from review.db.tables.enforcement import AppealRow, MeasureCaseRow, MeasureRow, StrikeRow
from review.db.tables.passports import PassportRow, RetirementRow
from review.db.tables.reanalyses import ReanalysisRow
from review.db.tables.tenants import TenantRow
from review.db.tenant_ids import LOCAL_TENANT
from review.enforcement.rows import stored_notice
from review.enforcement.types import AppealState, MeasureKind, MeasureState, Notice
from review.reanalyses.types import ReanalysisState

_DAY_MS = 86_400_000
# Of so many confirmed cases one led to a measure, and of so many measures one is appealed against.
_MEASURES, _APPEALS = 20, 10
_FILES = 20
# Of so many passports one has a second version, and one is retired.
_CHANGED, _RETIRED = 5, 50
_MEASURE_STATES = (MeasureState.IN_FORCE, MeasureState.ENDED, MeasureState.ENDED, MeasureState.PROPOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeCase:
    """A decided case as far as measures and the trail go."""

    case: DecidedCase
    host_id: str
    severity: str


def write_offices(connection: Connection, streams: Sequence[tuple[str, int]], cases: Sequence[OfficeCase]) -> None:
    """Writes what belongs to these broadcasts (with when they began) and cases.

    As many passports as half of the cases, a batch of twenty files for each hundred broadcasts, an analysis anew for
    each ten, and two entries of the trail for each case.
    """
    passports = max(10, len(cases) // 2)
    insert_rows(connection, TenantRow, [{"tenant_id": LOCAL_TENANT, "name": "本机", "created_at_ms": 0}])
    insert_rows(connection, PassportRow, _passports(passports))
    insert_rows(connection, RetirementRow, _retired(passports))
    insert_rows(connection, BatchRow, _batches(streams))
    insert_rows(connection, BatchFileRow, _files(streams))
    insert_rows(connection, ReanalysisRow, _reanalyses(streams))
    confirmed = [each for each in cases if each.case.state is CaseState.CONFIRMED]
    insert_rows(connection, StrikeRow, (_strike(each) for each in confirmed))
    measured = confirmed[::_MEASURES]
    insert_rows(connection, MeasureRow, (_measure(number, each) for number, each in enumerate(measured)))
    insert_rows(connection, MeasureCaseRow, (_of_case(number, each) for number, each in enumerate(measured)))
    insert_rows(connection, AppealRow, (_appeal(number, each) for number, each in enumerate(measured[::_APPEALS])))
    _write_trail(connection, cases)


def _id(kind: int, number: int) -> str:
    return str(uuid.UUID(int=(kind << 96) + number))


def _passports(count: int) -> Iterator[dict[str, object]]:
    for number in range(count):
        for version in range(1, 3 if number % _CHANGED == 0 else 2):
            name = f"充电器 {number} 型" if number % 2 else f"蜂蜜 {number} 号"
            record = {"id": f"P-{number:06}", "name": name, "category": "food/honey", "brand": f"品牌 {version}"}
            content = json.dumps(record, ensure_ascii=False, sort_keys=True)
            yield {
                "tenant_id": LOCAL_TENANT,
                "product_id": f"P-{number:06}",
                "number": version,
                "version": f"sha256:{hashlib.sha256(content.encode()).hexdigest()}",
                "gtin": f"{number:014}",
                "text": content,
                "created_at_ms": number * 1000 + version,
            }


def _retired(count: int) -> Iterator[dict[str, object]]:
    for number in range(1, count, _RETIRED):
        of = {"tenant_id": LOCAL_TENANT, "product_id": f"P-{number:06}", "number": 1}
        yield of | {"retired_at_ms": count * 1000, "retired_by": "person-1", "reason": "检测报告已过期"}


def _batches(streams: Sequence[tuple[str, int]]) -> Iterator[dict[str, object]]:
    for number, (stream_id, began_ms) in enumerate(streams[::100]):
        state = (BatchState.DONE, BatchState.DONE, BatchState.FAILED, BatchState.WAITING)[number % 4]
        yield {
            "batch_id": _id(1, number),
            "tenant_id": LOCAL_TENANT,
            "state": state.value,
            "request_key": None,
            "content_sha256": "0" * 64,
            "host_id": stream_id.partition("-")[0].replace("s", "h"),
            "host_name": f"主播 {number}",
            "platform": "a",
            "started_at": "2026-11-10T20:00:00+08:00",
            "products": [{"product_id": "P-000001", "name": "充电器 1 型", "version": "sha256:1"}],
            "created_at_ms": began_ms,
            "changed_at_ms": began_ms,
            "worker_id": "",
            "beat_at_ms": 0,
            "error": "no room" if state is BatchState.FAILED else None,
        }


def _files(streams: Sequence[tuple[str, int]]) -> Iterator[dict[str, object]]:
    for number, (stream_id, _) in enumerate(streams[::100]):
        for file in range(_FILES):
            state = ArchiveState.FAILED if file % 7 == 3 else ArchiveState.DONE
            yield {
                "batch_id": _id(1, number),
                "number": file,
                "url": f"https://archive.example/{number}/{file}.mp4",
                "state": state.value,
                "stream_id": stream_id if state is ArchiveState.DONE else None,
                "sha256": None,
                "recorded_ms": 5_400_000,
                "analysed_ms": 5_400_000,
                "findings": 3,
                "error": "the server answered 404" if state is ArchiveState.FAILED else None,
            }


def _reanalyses(streams: Sequence[tuple[str, int]]) -> Iterator[dict[str, object]]:
    for number, (stream_id, began_ms) in enumerate(streams[::10]):
        yield {
            "reanalysis_id": _id(4, number),
            "tenant_id": LOCAL_TENANT,
            "stream_id": stream_id,
            "state": ReanalysisState.DONE.value,
            "request_key": None,
            "content_sha256": "0" * 64,
            "start_ms": 0,
            "end_ms": None,
            "model": "sensevoice",
            "policy": None,
            "passports": [],
            "judged_by": POLICY,
            "span_ms": 5_400_000,
            "analysed_ms": 5_400_000,
            "missing_ms": 0,
            "created_at_ms": began_ms,
            "changed_at_ms": began_ms,
            "worker_id": "",
            "beat_at_ms": 0,
            "error": None,
        }


def _strike(each: OfficeCase) -> dict[str, object]:
    return {
        "case_id": each.case.id,
        "host_id": each.host_id,
        "class": each.case.class_id,
        "category": each.case.goods,
        "severity": each.severity,
        "corrected": False,
        "law": json.dumps(["广告法 28(2)(2)"], ensure_ascii=False),
        "at_ms": each.case.opened_at_ms,
        "confirmed_at_ms": each.case.opened_at_ms,
    }


def _measure(number: int, each: OfficeCase) -> dict[str, object]:
    at_ms = each.case.opened_at_ms
    state = _MEASURE_STATES[number % len(_MEASURE_STATES)]
    is_proposed = state is MeasureState.PROPOSED
    starts_ms, ends_ms = at_ms + 3 * _DAY_MS, at_ms + 33 * _DAY_MS
    notice = Notice(
        facts_zh="2026-11-24 直播间称“总功率可以做到一百瓦”",
        reasons_zh="与登记参数不符",
        basis=("广告法 28(2)(2)",),
        starts_at_ms=starts_ms,
        ends_at_ms=ends_ms,
        appeal_zh="专用网址",
    )
    return {
        "measure_id": _id(2, number),
        "host_id": each.host_id,
        "kind": (MeasureKind.WARNING if number % 3 else MeasureKind.LIMITS).value,
        "state": state.value,
        "notice": stored_notice(notice),
        "breach": "",
        "serious_why": "",
        "urgent_why": "",
        "table_version": "2026.11",
        "starts_at_ms": starts_ms,
        "ends_at_ms": ends_ms,
        "proposed_by": f"person-{number % 30}",
        "proposed_at_ms": at_ms,
        "defence_due_ms": starts_ms,
        "lapses_at_ms": at_ms + 30 * _DAY_MS,
        "approved_by": None if is_proposed else f"person-{(number + 1) % 30}",
        "approved_at_ms": None if is_proposed else starts_ms,
        "appeal_due_ms": None if is_proposed else ends_ms,
        "closed_by": "" if state is MeasureState.ENDED else None,
        "closed_at_ms": ends_ms if state is MeasureState.ENDED else None,
        "closed_why": "",
    }


def _of_case(number: int, each: OfficeCase) -> dict[str, object]:
    return {"measure_id": _id(2, number), "case_id": each.case.id}


def _appeal(number: int, each: OfficeCase) -> dict[str, object]:
    at_ms = each.case.opened_at_ms + 4 * _DAY_MS
    is_filed = number % 4 == 0
    return {
        "appeal_id": _id(3, number),
        "measure_id": _id(2, number * _APPEALS),
        "statement": "有一句是客服说的，不是我说的。",
        "files": [],
        "state": (AppealState.FILED if is_filed else AppealState.UPHELD).value,
        "filed_at_ms": at_ms,
        "decide_due_ms": at_ms + 15 * _DAY_MS,
        "decided_by": None if is_filed else f"person-{number % 30}",
        "decided_at_ms": None if is_filed else at_ms + _DAY_MS,
        "reasons_zh": "" if is_filed else "录像清楚",
        "reasons_en": "",
        "rulings": [],
        "outcome": None,
    }


def _write_trail(connection: Connection, cases: Sequence[OfficeCase]) -> None:
    """Two entries for each case, each chained to the one before, and the head that the next writer goes on from."""
    head = Head(sequence=0, sha256=ORIGIN)

    def entries() -> Iterator[dict[str, object]]:
        nonlocal head
        for number, each in enumerate(sorted(cases, key=lambda one: one.case.opened_at_ms)):
            for action, subject in (("case.decided", f"case:{each.case.id}"), ("host.read", f"host:{each.host_id}")):
                entry = next_entry(
                    head,
                    at_ms=each.case.opened_at_ms,
                    actor=f"person-{number % 30}",
                    action=action,
                    subject=subject,
                    details={"class": each.case.class_id},
                )
                head = Head(sequence=entry.sequence, sha256=entry.sha256)
                yield {name: getattr(entry, name) for name in entry.__slots__}

    insert_rows(connection, AuditRow, entries())
    insert_rows(connection, AuditHeadRow, [{"name": "audit", "sequence": head.sequence, "sha256": head.sha256}])

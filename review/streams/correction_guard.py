"""What a worker writes once more, held against what people corrected: nothing that they put right comes back.

A worker does not know of corrections. It may write a finding again that no longer stands, the same words as it heard
them, or a claim that was said once more elsewhere: only the last is news.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlalchemy import Connection, select

from claims.types import Finding
from review.db.tables.corrections import CorrectionRow, SupersededRow
from review.db.tables.streams import FindingRow, PassageRow
from review.streams.corrected import latest_of, superseded_where
from review.streams.rows import finding_from_json


def without_corrected(connection: Connection, findings: Iterable[Finding]) -> list[Finding]:
    """Those of the findings that say something which no correction has decided, as far as they do."""
    given = list(findings)
    streams = set(
        connection.scalars(
            select(CorrectionRow.stream_id)
            .where(CorrectionRow.stream_id.in_({finding.stream_id for finding in given}))
            .distinct()
        )
    )
    kept = [finding for finding in given if finding.stream_id not in streams]
    for stream_id in sorted(streams):
        kept += _of_stream(connection, stream_id, [finding for finding in given if finding.stream_id == stream_id])
    return kept


def _of_stream(connection: Connection, stream_id: str, findings: list[Finding]) -> list[Finding]:
    ids = {finding.finding_id for finding in findings}
    gone = {
        one.finding.finding_id: one.finding for one in superseded_where(connection, SupersededRow.finding_id.in_(ids))
    }
    stored = {
        row.finding_id: finding_from_json(row.record)
        for row in connection.execute(
            select(FindingRow.finding_id, FindingRow.record).where(FindingRow.finding_id.in_(ids))
        )
    }
    corrected = latest_of(connection, stream_id, {passage for f in findings for passage in f.passage_ids}).keys()
    kept: list[Finding] = []
    for finding in findings:
        known = gone.get(finding.finding_id) or stored.get(finding.finding_id)
        if finding.finding_id not in gone and not set(finding.passage_ids) & corrected:
            kept.append(finding)
            continue
        before = set(known.passage_ids) if known is not None else set()
        news = tuple(p for p in finding.passage_ids if p not in before and p not in corrected)
        if not news:
            continue
        if finding.finding_id in gone:
            kept.append(_said_elsewhere(connection, finding, news))
        elif known is None:
            kept.append(finding)
        else:
            kept.append(replace(known, count=max(known.count, finding.count), passage_ids=(*known.passage_ids, *news)))
    return kept


def _said_elsewhere(connection: Connection, finding: Finding, passage_ids: tuple[str, ...]) -> Finding:
    """The claim as it was made in these passages alone, under an id of its own."""
    spans: Mapping[str, tuple[int, int]] = {
        row.id: (row.start_ms, row.end_ms)
        for row in connection.execute(
            select(PassageRow.id, PassageRow.start_ms, PassageRow.end_ms).where(
                PassageRow.stream_id == finding.stream_id, PassageRow.id.in_(passage_ids)
            )
        )
    }
    first = min((spans[p] for p in passage_ids if p in spans), default=(finding.start_ms, finding.end_ms))
    number = hashlib.sha256(f"{finding.finding_id}\x1felsewhere".encode()).hexdigest()[:20]
    return replace(
        finding,
        finding_id=f"f_{number}",
        passage_ids=passage_ids,
        start_ms=first[0],
        end_ms=first[1],
        count=len(passage_ids),
        witnesses=(),
    )

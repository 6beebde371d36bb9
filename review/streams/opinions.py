"""What a worker writes once more, with what a second reader said of it: no opinion is lost, and none is undone."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, delete, select

from claims.second_reader.restating import about, restated
from claims.types import Finding
from review.db.tables.second_reader import SecondAnswerRow, SecondOpinionRow
from review.db.upsert import table_of
from review.streams.rows import finding_from_json


def with_opinions(connection: Connection, findings: Iterable[Finding]) -> list[Finding]:
    """The findings with the opinions that are about what they say; of one that another took the place of, both."""
    given = list(findings)
    bare = {finding.finding_id for finding in given if finding.second_reading is None}
    columns = table_of(SecondOpinionRow).c
    rows = connection.execute(select(*columns).where(columns.finding_id.in_(bare), columns.record.is_not(None)))
    opinions = {row.finding_id: row for row in rows}
    return [one for finding in given for one in _restated(finding, opinions.get(finding.finding_id))]


def _restated(finding: Finding, opinion: Any) -> Iterator[Finding]:
    if opinion is None or (opinion.heir is None and opinion.about != about(finding)):
        yield finding
        return
    heir = None if opinion.heir is None else finding_from_json(opinion.heir)
    yield from restated(finding, finding_from_json(opinion.record), heir)


def forget_opinions(connection: Connection, condition: Any) -> int:
    """Takes away the opinions that meet the condition, and the answers that they rest on; gives how many rows."""
    keys = select(SecondOpinionRow.answer_key).where(condition, SecondOpinionRow.answer_key.is_not(None))
    answers = connection.execute(delete(SecondAnswerRow).where(SecondAnswerRow.answer_key.in_(keys))).rowcount
    return answers + connection.execute(delete(SecondOpinionRow).where(condition)).rowcount

"""What stands corrected, each question inside the caller's transaction."""

from collections.abc import Collection, Iterable, Sequence
from difflib import SequenceMatcher
from typing import Any

from sqlalchemy import ColumnElement, Connection, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from claims.types import Passage, SpokenWord
from review.db.tables.corrections import CorrectionRow, SupersededRow
from review.db.upsert import table_of
from review.streams.corrections import Correction, Superseded
from review.streams.rows import finding_from_json

Reader = Connection | Session


def corrections_where(reader: Reader, condition: ColumnElement[bool]) -> tuple[Correction, ...]:
    """The corrections of which this holds, the first one first."""
    columns = table_of(CorrectionRow).c
    rows = reader.execute(select(*columns).where(condition).order_by(columns.sequence))
    return tuple(_correction(row) for row in rows)


def latest_of(reader: Reader, stream_id: str, passage_ids: Collection[str]) -> dict[str, Correction]:
    """The last correction of each of these passages that was corrected, by passage."""
    if not passage_ids:
        return {}
    of_stream = corrections_where(reader, CorrectionRow.stream_id == stream_id)
    return {one.passage_id: one for one in of_stream if one.passage_id in passage_ids}


def superseded_where(reader: Reader, condition: ColumnElement[bool]) -> tuple[Superseded, ...]:
    """The findings of which this holds, as they stood, in the order of the broadcast."""
    columns = table_of(SupersededRow).c
    found = [
        Superseded(
            finding=finding_from_json(row.record),
            correction_id=row.correction_id,
            case_id=row.case_id,
            by=row.by_finding_id,
        )
        for row in reader.execute(select(*columns).where(condition))
    ]
    return tuple(sorted(found, key=lambda one: (one.finding.start_ms, one.finding.finding_id)))


def as_corrected(reader: Reader, stream_id: str, passages: Iterable[Passage]) -> tuple[Passage, ...]:
    """The passages of the broadcast with the words that people put right, in their order."""
    given = tuple(passages)
    if not given:
        return ()
    made: dict[str, list[Correction]] = {}
    for one in corrections_where(reader, CorrectionRow.stream_id == stream_id):
        made.setdefault(one.passage_id, []).append(one)
    return tuple(_by_all(passage, made.get(passage.id, ())) for passage in given)


def _by_all(passage: Passage, made: Sequence[Correction]) -> Passage:
    """The passage after all of its corrections; the product is a person's word only where somebody changed it."""
    if not made:
        return passage
    last = made[-1]
    changed = last.product_after != made[0].product_before
    text = corrected(passage, last.corrected)
    return text.model_copy(update={"product_id": last.product_after}) if changed else text


def corrected(passage: Passage, text: str) -> Passage:
    """The passage with the text that a person wrote; of when its words were said what still holds is kept."""
    return passage.model_copy(
        update={
            "text": text,
            "unconfirmed": (),
            "doubts": (),
            "words": _moved(passage.words, passage.text, text),
            "verbatim": True,
        }
    )


def _moved(words: Sequence[SpokenWord], before: str, after: str) -> tuple[SpokenWord, ...]:
    """The words that both texts have, in their places of the later one."""
    same = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return tuple(
        word.model_copy(update={"start": word.start - block.a + block.b, "end": word.end - block.a + block.b})
        for word in words
        for block in same
        if block.a <= word.start and word.end <= block.a + block.size
    )


def _correction(row: Row[Any]) -> Correction:
    fields = dict(row._mapping)
    findings = fields.pop("findings")
    for name in ("sequence", "request_id"):
        del fields[name]
    return Correction(
        id=fields.pop("correction_id"),
        superseded=tuple(findings["superseded"]),
        found=tuple(findings["found"]),
        **fields,
    )

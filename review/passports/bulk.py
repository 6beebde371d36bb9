"""Many passports at once: each row of a file is read by itself, so that one that is wrong refuses no other.

Files are tables (CSV, XLSX), JSON lines, JSON, YAML, and UNTP credentials by themselves, in a list or one a line.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

import yaml

from claims.errors import PassportError, visible
from claims.passports.bounds import PassportBounds
from claims.passports.quantities import QuantityReader
from claims.passports.records import Parsed, parse_json, parse_sent_records, records_of
from review.api_errors import OrderRefused
from review.passports.columns import Columns, column_of
from review.passports.completeness import shortcomings
from review.passports.records import MOST_FAULTS, NewVersion, admitted, refuse_constant
from review.passports.tables import Line, csv_lines, decoded, file_refused, xlsx_lines

_LONGEST_SHOWN = 200
_IDS = ("passport_id", "id")


class FileForm(StrEnum):
    """What a file of passports is written in."""

    CSV = "csv"
    XLSX = "xlsx"
    LINES = "jsonl"
    JSON = "json"
    YAML = "yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRow:
    """A row as it came: its number, which counts as the file does, and what it holds.

    `places`: the column of each part of the record, where it is of a table. `faults`: what is wrong already, each
    with its field.
    """

    number: int
    parsed: Parsed
    places: Mapping[str, str] | None = None
    faults: tuple[tuple[str, str], ...] = ()

    @property
    def product_id(self) -> str | None:
        """The id by which the record calls itself; None where it has none that could be told."""
        content = self.parsed.content
        if not isinstance(content, dict):
            return None
        found = next((content[key] for key in _IDS if isinstance(content.get(key), str | int)), None)
        return None if found is None else visible(str(found))[:_LONGEST_SHOWN]

    @property
    def own_faults(self) -> tuple[tuple[str, str], ...]:
        """What is wrong with it before anything is known of passports: each with its field."""
        return (*self.faults, *((".".join(map(str, one.path)), one.description) for one in self.parsed.doubled))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow:
    """What a row is: the passport to keep, or, where that is None, all that is wrong, each with its field.

    `product_id` None: the row has none that could be told.
    """

    number: int
    product_id: str | None
    kept: NewVersion | None = None
    faults: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()


def sent_rows(content: bytes, form: FileForm) -> Iterator[SentRow]:
    """The rows of a file in their order; OrderRefused where it can't be read at all."""
    match form:
        case FileForm.CSV:
            return _of_table(csv_lines(content))
        case FileForm.XLSX:
            return _of_table(xlsx_lines(content))
        case FileForm.LINES:
            return _of_lines(decoded(content))
        case _:
            return _of_document(content, form)


def read_rows(
    rows: Iterable[SentRow], reader: QuantityReader, day: date, bounds: PassportBounds | None = None
) -> Iterator[ReadRow]:
    """Each row as it is to be kept, or with what is wrong; of two with one id the second is refused."""
    return (_read(row, reader, day, bounds) for row in without_duplicates(rows))


def without_duplicates(rows: Iterable[SentRow]) -> Iterator[SentRow]:
    """The rows; one whose id an earlier one has is faulty."""
    seen: dict[str, int] = {}
    for row in rows:
        first = row.number if row.product_id is None else seen.setdefault(row.product_id, row.number)
        if first != row.number:
            fault = (column_of(row.places or {}, "id"), f"stands in row {first} already; keep one of them")
            row = replace(row, faults=(*row.faults, fault))
        yield row


def _read(row: SentRow, reader: QuantityReader, day: date, bounds: PassportBounds | None) -> ReadRow:
    faults = list(row.faults)
    try:
        registered = None if row.faults and row.places is None else admitted(row.parsed, reader, bounds=bounds)
    except OrderRefused as error:
        registered = None
        places = row.places or {}
        faults += [(column_of(places, path), reason) for path, reason in error.faults or (("", error.why),)]
    if registered is None or faults:
        return ReadRow(number=row.number, product_id=row.product_id, faults=tuple(faults[:MOST_FAULTS]))
    warnings = shortcomings(registered.passport, day)
    return ReadRow(number=row.number, product_id=registered.passport.id, kept=registered.as_version, warnings=warnings)


def _of_table(lines: Iterator[Line]) -> Iterator[SentRow]:
    heads = next(lines, None)
    if heads is None:
        raise file_refused("is empty; its first line must name the columns")
    columns = Columns(heads.cells)

    def rows() -> Iterator[SentRow]:
        for line in lines:
            row = columns.row(line)
            yield SentRow(number=row.number, parsed=Parsed(content=row.record), places=row.places, faults=row.faults)

    return rows()


def _of_lines(text: str) -> Iterator[SentRow]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield SentRow(number=number, parsed=parse_json(line, constant=refuse_constant))
        except RecursionError:
            yield _unread(number, "is nested too deep")
        except ValueError as error:
            yield _unread(number, f"is no JSON: {visible(' '.join(str(error).split()))}")


def _unread(number: int, why: str) -> SentRow:
    return SentRow(number=number, parsed=Parsed(content=None), faults=(("", why),))


def _of_document(content: bytes, form: FileForm) -> Iterator[SentRow]:
    try:
        is_json = form is FileForm.JSON
        parsed = parse_json(content, constant=refuse_constant) if is_json else parse_sent_records(content)
        records, prefix = records_of(parsed.content, "file")
    except RecursionError as error:
        raise file_refused("is nested too deep") from error
    except PassportError as error:
        message = f"{error.path}: {error.reason}" if error.path else error.reason
        raise file_refused(message) from error
    except (ValueError, yaml.YAMLError) as error:
        raise file_refused(f"is no {form.name} that can be read: {visible(' '.join(str(error).split()))}") from error
    head: tuple[int | str, ...] = () if not prefix else (prefix,)
    for index, record in enumerate(records):
        place = head if prefix is None else (*head, index)
        inner = tuple(
            replace(one, path=one.path[len(place) :]) for one in parsed.doubled if one.path[: len(place)] == place
        )
        yield SentRow(number=index + 1, parsed=Parsed(content=record, doubled=inner))

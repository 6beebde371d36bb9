"""Tables of goods as sellers export them: the cells of a CSV in any of its usual encodings, or of an XLSX, as texts."""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from review.api_errors import OrderRefused

FILE = "file"
_DELIMITERS = ",\t;"
# What an XLSX may grow to when it is unpacked, and how many cells of a line are looked at.
_MOST_UNPACKED = 512 * 1024 * 1024
_MOST_CELLS = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table by its number in a spreadsheet, which counts from 1; empty cells are empty texts."""

    number: int
    cells: tuple[str, ...]


def file_refused(why: str) -> OrderRefused:
    """The refusal of a file as a whole."""
    return OrderRefused(FILE, why, code="form", faults=[(FILE, why)])


def text_of(content: bytes) -> str | None:
    """The text of a file in UTF-8, with or without its mark, or in GB 18030 as Excel in China writes; None: neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def decoded(content: bytes) -> str:
    """As `text_of`; OrderRefused where it is neither."""
    text = text_of(content)
    if text is None:
        raise file_refused("is neither UTF-8 nor GB 18030; save it as CSV UTF-8")
    return text


def csv_lines(content: bytes) -> Iterator[Line]:
    """The lines that have something in them; OrderRefused where it is no CSV."""
    text = decoded(content)
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, row in enumerate(reader, start=1):
            line = tuple(cell.strip() for cell in row)
            if any(line):
                yield Line(number, line)
    except csv.Error as error:
        raise file_refused(f"is no CSV at line {reader.line_num}: {error}") from error


def xlsx_lines(content: bytes) -> Iterator[Line]:
    """The lines of the first sheet that have something in them; OrderRefused where it is no XLSX."""
    # With the wheel alone there is no XLSX; all else is read.
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _check_size(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError) as error:
        raise file_refused("is no XLSX that can be read; save it anew as an Excel workbook, or as CSV UTF-8") from error
    try:
        for number, row in enumerate(book.worksheets[0].iter_rows(), start=1):
            line = [_text(cell) for cell in row[:_MOST_CELLS]]
            while line and not line[-1]:
                line.pop()
            if line:
                yield Line(number, tuple(line))
    except (KeyError, ValueError, IndexError, SyntaxError, zipfile.BadZipFile) as error:
        raise file_refused("is an XLSX whose first sheet can't be read; save it anew, or as CSV UTF-8") from error
    finally:
        book.close()


def _check_size(content: bytes) -> None:
    """A small file may unpack to a huge one."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(each.file_size for each in packed.infolist())
    except zipfile.BadZipFile as error:
        raise file_refused("is no XLSX: it is no zip; save it anew as an Excel workbook, or as CSV UTF-8") from error
    if unpacked > _MOST_UNPACKED:
        raise file_refused(f"unpacks to more than {_MOST_UNPACKED // 1024 // 1024} MiB; send it in parts, or as CSV")


def _text(cell: Any) -> str:
    """The cell as the sheet shows it."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        number = Decimal(repr(value))
        if "%" in (getattr(cell, "number_format", None) or ""):
            return f"{_plain(number * 100)}%"
        return _plain(number)
    return str(value).strip()


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"

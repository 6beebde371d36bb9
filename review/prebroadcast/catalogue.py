"""Reads a catalogue as sellers export it: CSV by Excel in any of its usual encodings, with Chinese or English heads."""

import csv
import io

from review.passports.tables import text_of
from review.prebroadcast.errors import CheckRefused
from review.prebroadcast.types import CatalogueRow, CheckedRow

TEXT_HEADS = ("text", "title", "description", "文案", "标题", "描述", "卖点", "详情", "内容")
ID_HEADS = ("product_id", "product", "id", "商品编号", "商品id", "编号")
_DELIMITERS = ",\t;"
_OUT = ("line", "product_id", "disposition", "class", "verdict", "quote", "registered", "law", "advice", "error")


def read_rows(content: bytes) -> tuple[CatalogueRow, ...]:
    """The rows that have words; several columns of words are one text. CheckRefused says what can't be read.

    A row's number is its line as a spreadsheet shows it.
    """
    text = _decoded(content)
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise CheckRefused("file", f"is no CSV at line {reader.line_num}: {error}") from error
    if not rows:
        raise CheckRefused("file", "is empty; give a CSV with a head line")
    heads = [head.strip().lower() for head in rows[0]]
    words = [index for index, head in enumerate(heads) if head in TEXT_HEADS]
    if not words:
        raise CheckRefused("file", f"has no column of words; name one of: {', '.join(TEXT_HEADS)}")
    id_column = next((index for index, head in enumerate(heads) if head in ID_HEADS), None)
    found = []
    for number, row in enumerate(rows[1:], start=2):
        said = "\n".join(row[index].strip() for index in words if index < len(row) and row[index].strip())
        product_id = row[id_column].strip() if id_column is not None and id_column < len(row) else ""
        if said:
            found.append(CatalogueRow(number=number, product_id=product_id, text=said))
    if not found:
        raise CheckRefused("file", "has no row with words")
    return tuple(found)


def _decoded(content: bytes) -> str:
    text = text_of(content)
    if text is None:
        raise CheckRefused("file", "is neither UTF-8 nor GB 18030; save it as CSV UTF-8")
    return text


def as_csv(rows: tuple[CheckedRow, ...], language: str) -> str:
    """One line a finding, for spreadsheets; rows without any stand with empty columns."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_OUT)
    for row in rows:
        head = [row.row.number, _plain(row.row.product_id)]
        remarks = () if row.checked is None else row.checked.remarks
        if not remarks:
            writer.writerow([*head, *[""] * (len(_OUT) - 3), row.error])
        for remark in remarks:
            finding = remark.finding
            advice = " / ".join(w.zh if language == "zh" else w.en for w in remark.wordings)
            cells = (
                *(finding.disposition.value, finding.class_id, finding.verdict.value, finding.quote),
                *(finding.registered or "", "; ".join(finding.law), advice, row.error),
            )
            writer.writerow([*head, *map(_plain, cells)])
    return "\ufeff" + out.getvalue()


def _plain(cell: str) -> str:
    """The cell as text: a spreadsheet must not take it for a formula."""
    return "'" + cell if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell

"""A table's columns as the parts of a passport in the short form: which head means what, in Chinese and English.

`属性:输出功率(W)` is an attribute with its unit, `证件:CCC` a certificate's number, `成分:面料:棉` a share in percent;
so every cell has a name of its own, by which a fault is told.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from claims.text.registered import is_size, read_value
from review.passports.tables import Line, file_refused

_SIMPLE: dict[str, tuple[str, ...]] = {
    "id": ("id", "product_id", "商品编号", "商品id", "编号"),
    "name": ("name", "商品名称", "名称", "品名"),
    "category": ("category", "类目", "商品类目"),
    "gtin": ("gtin", "ean", "barcode", "条码", "商品条码"),
    "brand": ("brand", "品牌"),
    "aliases": ("aliases", "别名", "俗称"),
    "origin": ("origin", "产地国", "原产国"),
    "origin_region": ("origin_region", "产地"),
    "manufacturer": ("manufacturer", "生产企业", "生产商"),
    "ingredients": ("ingredients", "配料", "配料表"),
    "registered_claims": ("registered_claims", "登记表述"),
    "price.currency": ("price.currency", "currency", "币种"),
    "price.regular": ("price.regular", "regular", "标价"),
    "price.lowest_7d": ("price.lowest_7d", "lowest_7d", "七日最低价"),
    "images": ("images", "图片"),
    "valid_from": ("valid_from", "生效日期"),
    "valid_to": ("valid_to", "失效日期"),
}
_BY_HEAD = {head: field for field, heads in _SIMPLE.items() for head in heads}
_ATTRIBUTE, _CERTIFICATE, _COMPOSITION = ("attribute", "属性"), ("certificate", "证件"), ("composition", "成分")
_PAPER_PARTS = {
    "number": "number",
    "编号": "number",
    "valid_from": "valid_from",
    "生效日期": "valid_from",
    "valid_until": "valid_until",
    "有效期至": "valid_until",
    "issuer": "issuer",
    "发证机关": "issuer",
    "scope": "scope",
    "范围": "scope",
}
_AS_TEXT = frozenset({"text", "文本"})
_LISTS = frozenset({"aliases", "ingredients", "registered_claims"})
_BETWEEN, _BETWEEN_ADDRESSES = re.compile(r"[;；、\n]"), re.compile(r"\s+")
_DATE = re.compile(r"(\d{4})[/.年-](\d{1,2})[/.月-](\d{1,2})日?")
_UNIT = re.compile(r"(?P<label>.*?)\((?P<unit>[^()]*)\)")
_WIDE = str.maketrans({"：": ":", "（": "(", "）": ")", "＊": "*"})
# What a spreadsheet shows in the place of a value that it could not work out.
_BROKEN = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"})
_NEEDED = ("id", "name", "category")
MOST_COLUMNS = 500


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row as a record; `places`: of which column each part of it is. `faults`: column and reason."""

    number: int
    record: dict[str, Any]
    places: Mapping[str, str]
    faults: tuple[tuple[str, str], ...] = ()


class Columns:
    """What each column of a table means; OrderRefused names the head that means nothing."""

    def __init__(self, heads: Sequence[str]) -> None:
        if len(heads) > MOST_COLUMNS:
            raise file_refused(f"has {len(heads)} columns, at most {MOST_COLUMNS} are taken")
        self._columns: list[_Column | None] = []
        seen: dict[str, int] = {}
        for index, head in enumerate(heads, start=1):
            if not head:
                self._columns.append(None)
                continue
            column = _column(head, index)
            if column.key in seen:
                raise file_refused(f"column {index} {head!r}: means the same as column {seen[column.key]}; keep one")
            seen[column.key] = index
            self._columns.append(column)
        for field in _NEEDED:
            if f"field {field}" not in seen:
                raise file_refused(f"has no column {field!r}; its first line must name {', '.join(_NEEDED)}")

    def row(self, line: Line) -> TableRow:
        """The line as a record, as far as it can be read."""
        record: dict[str, Any] = {}
        places: dict[str, str] = {}
        faults: list[tuple[str, str]] = []
        for index, cell in enumerate(line.cells):
            column = self._columns[index] if index < len(self._columns) else None
            if not cell:
                continue
            if column is None:
                faults.append((f"column {index + 1}", "has a value and no head in the first line; name it or empty it"))
            elif cell in _BROKEN:
                faults.append((column.head, f"holds {cell}, which is a spreadsheet's error and no value"))
            else:
                column.put(record, places, cell)
        return TableRow(line.number, record, places, tuple(faults))


def column_of(places: Mapping[str, str], path: str) -> str:
    """The column that a path in the record stands for; the path itself where it is of none."""
    whole = path
    while path and path not in places:
        path = path.rpartition(".")[0]
    return places.get(path, whole)


Put = Callable[[dict[str, Any], dict[str, str], str], None]


@dataclass(frozen=True, slots=True)
class _Column:
    head: str
    key: str
    put: Put


def _column(head: str, index: int) -> _Column:
    said = head.translate(_WIDE).strip().rstrip("*").strip()
    kind, *parts = (part.strip() for part in said.split(":"))
    if kind.lower() in _ATTRIBUTE and len(parts) in {1, 2} and all(parts):
        return _attribute(head, parts)
    if kind.lower() in _COMPOSITION and len(parts) in {1, 2} and all(parts):
        return _share(head, parts)
    if kind.lower() in _CERTIFICATE and len(parts) in {1, 2} and all(parts):
        part = _PAPER_PARTS.get(parts[1].lower()) if len(parts) > 1 else "number"
        if part is not None:
            return _paper(head, parts[0], part)
        raise file_refused(f"column {index} {head!r}: of a certificate may stand {', '.join(_PAPER_PARTS)}")
    field = _BY_HEAD.get(said.lower())
    if field is None:
        known = ", ".join(heads[0] for heads in _SIMPLE.values())
        more = "attribute:NAME(UNIT), certificate:SCHEME, certificate:SCHEME:valid_until, composition:PART:MATERIAL"
        raise file_refused(f"column {index} {head!r}: is not known; known are {known}, {more} (属性, 证件, 成分)")
    return _simple(head, field)


def _simple(head: str, field: str) -> _Column:
    group, _, name = field.rpartition(".")

    def put(record: dict[str, Any], places: dict[str, str], cell: str) -> None:
        value: object = cell
        if field in _LISTS:
            value = [part.strip() for part in _BETWEEN.split(cell) if part.strip()]
        elif field == "images":
            value = [{"path_or_url": part} for part in _BETWEEN_ADDRESSES.split(cell)]
        elif field in {"valid_from", "valid_to"}:
            value = _dated(cell)
        elif group and name != "currency":
            value = _number(cell)
        (record.setdefault(group, {}) if group else record)[name] = value
        places[field] = head

    return _Column(head, f"field {field}", put)


def _attribute(head: str, parts: list[str]) -> _Column:
    found = _UNIT.fullmatch(parts[-1])
    label, unit = (parts[-1], "") if found is None else (found["label"].strip(), found["unit"].strip())
    name = parts[0] if len(parts) > 1 else label

    def put(record: dict[str, Any], places: dict[str, str], cell: str) -> None:
        listed = record.setdefault("attributes", [])
        places[f"attributes.{len(listed)}"] = head
        entry: dict[str, Any] = {"name": name, "label": label}
        if unit.lower() in _AS_TEXT:
            entry["text"] = cell
        elif is_size(cell) or read_value(cell) is not None:
            entry["value"] = _number(cell)
            if unit and not _has_unit(cell):
                entry["unit"] = unit
        else:
            entry["text"] = cell
        listed.append(entry)

    return _Column(head, f"attribute {name}", put)


def _share(head: str, parts: list[str]) -> _Column:
    *part, material = parts

    def put(record: dict[str, Any], places: dict[str, str], cell: str) -> None:
        listed = record.setdefault("composition", [])
        places[f"composition.{len(listed)}"] = head
        where = {"part": part[0]} if part else {}
        listed.append(where | {"material": material, "percent": _number(cell.rstrip("%％").strip())})

    return _Column(head, f"composition {' '.join(parts)}", put)


def _paper(head: str, scheme: str, part: str) -> _Column:
    def put(record: dict[str, Any], places: dict[str, str], cell: str) -> None:
        listed = record.setdefault("certificates", [])
        index = next((i for i, one in enumerate(listed) if one["scheme"] == scheme), len(listed))
        if index == len(listed):
            listed.append({"scheme": scheme})
            places[f"certificates.{index}"] = head
        listed[index][part] = _dated(cell) if part.startswith("valid_") else cell
        places[f"certificates.{index}.{part}"] = head

    return _Column(head, f"certificate {scheme} {part}", put)


def _has_unit(cell: str) -> bool:
    read = read_value(cell)
    return read is not None and bool(read.unit)


def _dated(cell: str) -> str:
    """2029/4/30 and 2029年4月30日 as 2029-04-30."""
    found = _DATE.fullmatch(cell)
    return cell if found is None else f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"


def _number(cell: str) -> object:
    """A plain number as JSON has it, so that a table and JSON make the same version; all else as it is written."""
    try:
        number = Decimal(cell)
    except InvalidOperation:
        return cell
    if not number.is_finite():
        return cell
    if number == number.to_integral_value() and abs(number) < 1 << 53:
        return int(number)
    return float(number) if Decimal(repr(float(number))) == number else cell

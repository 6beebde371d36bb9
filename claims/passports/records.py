"""Passport records as they stand in a text: parsed once, told apart, with what stands twice in them."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from claims.errors import PassportError
from claims.passports.intake.texts import Place
from claims.passports.untp import is_untp
from claims.policy.yaml_files import parse_loose_yaml, parse_sent_yaml, parse_yaml
from claims.text.doubled_keys import Doubled, doubled_in_json, doubled_in_yaml

_IDS = ("passport_id", "id")
_LONGEST_ID = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a text holds, and the keys that stand twice in it, of which `content` has the last."""

    content: Any
    doubled: tuple[Doubled, ...] = ()

    def errors(self, source: str) -> list[PassportError]:
        """The doubled keys as errors of the records in which they stand."""
        return [_doubled_error(one, self.content, source) for one in self.doubled]


def parse_json(raw: str | bytes, constant: Callable[[str], Any] | None = None) -> Parsed:
    """The content of a JSON text; ValueError where it is none. `constant` is asked for NaN and its like."""
    is_doubled = False

    def taken(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal is_doubled
        mapping = dict(pairs)
        is_doubled = is_doubled or len(mapping) < len(pairs)
        return mapping

    content = json.loads(raw, object_pairs_hook=taken, parse_constant=constant)
    if not is_doubled:
        return Parsed(content=content)
    text = raw.decode(json.detect_encoding(raw), "surrogatepass") if isinstance(raw, bytes) else raw
    return Parsed(content=content, doubled=tuple(doubled_in_json(text)))


def parse_records(raw: bytes, *, is_json: bool) -> Parsed:
    """The content of a file; ValueError or yaml.YAMLError where it is neither JSON nor YAML."""
    return parse_json(raw) if is_json else _parse_yaml(raw, parse_yaml)


def parse_sent_records(raw: bytes) -> Parsed:
    """The content of YAML or JSON that somebody else sent; ValueError also where it could grow beyond measure."""
    return _parse_yaml(raw, parse_sent_yaml)


def records_of(content: Any, source: str) -> tuple[list[Any], str | None]:
    """The records, and the place of their list; None where the content is one record by itself."""
    if isinstance(content, list):
        return content, ""
    if isinstance(content, dict) and "passports" in content:
        unknown = sorted(map(str, set(content) - {"passports", "meta"}))
        if unknown:
            raise PassportError(source, unknown[0], "unknown key; beside passports only meta may stand")
        if not isinstance(content["passports"], list):
            raise PassportError(source, "passports", "must be a list")
        return content["passports"], "passports"
    if isinstance(content, dict) and ("passport_id" in content or "id" in content or is_untp(content)):
        return [content], None
    raise PassportError(source, "", "is no list of passports and has no key `passports`, `passport_id` or `id`")


def id_of(record: Any) -> str | None:
    """The id by which a record calls itself, cut where it is long; None where it has none that could be told."""
    if not isinstance(record, dict):
        return None
    found = next((record[key] for key in _IDS if isinstance(record.get(key), str | int)), None)
    return None if found is None or isinstance(found, bool) else shown_id(str(found))


def shown_id(product_id: str) -> str:
    """The id as errors tell it."""
    return repr(product_id[:_LONGEST_ID])


def place_in(place: str, path: Place) -> str:
    """A path within a record, behind the record's own place."""
    within = ".".join(str(part) for part in path)
    return f"{place}.{within}" if place and within else place or within


def record_text(record: Mapping[str, Any]) -> str:
    """The record as the text whose SHA-256 is the passport's version; ValueError where it is no text."""
    try:
        return json.dumps(record, ensure_ascii=False, sort_keys=True, default=str)
    except TypeError as error:
        raise ValueError("has a key that is no text") from error


def version_of(record: Mapping[str, Any]) -> str:
    """The version by which findings name the record."""
    return "sha256:" + hashlib.sha256(record_text(record).encode()).hexdigest()


def _parse_yaml(raw: bytes, parse: Callable[[bytes], Any]) -> Parsed:
    try:
        return Parsed(content=parse(raw))
    except yaml.YAMLError:
        doubled = tuple(doubled_in_yaml(raw))
        if not doubled:
            raise
        return Parsed(content=parse_loose_yaml(raw), doubled=doubled)


def _doubled_error(one: Doubled, content: Any, source: str) -> PassportError:
    path, place, record = one.path, "", content
    listed = content.get("passports") if isinstance(content, dict) else content
    head = ("passports",) if isinstance(content, dict) else ()
    behind = path[len(head) :]
    if path[: len(head)] == head and isinstance(listed, list) and behind and isinstance(behind[0], int):
        place, path = f"{''.join(head)}[{behind[0]}]", behind[1:]
        record = listed[behind[0]] if behind[0] < len(listed) else None
    return PassportError(source, place_in(place, path), one.description, id_of(record))

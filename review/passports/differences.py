"""What stands otherwise in a version of a passport than in the one before."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_NAMES = (("name",), ("name_zh",), ("credentialSubject", "product", "name"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A part of the record. `before` None: it is new; `after` None: it is gone."""

    path: str
    before: str | None
    after: str | None


def differences(before: str, after: str) -> tuple[Difference, ...]:
    """What differs between the records in these texts, by path; both are JSON as passports are kept."""
    old, new = dict(_leaves(json.loads(before), "")), dict(_leaves(json.loads(after), ""))
    return tuple(
        Difference(path=path, before=old.get(path), after=new.get(path))
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path)
    )


def name_in(text: str) -> str:
    """The product's name as the record in this text gives it; empty where it gives none."""
    record = json.loads(text)
    for path in _NAMES:
        found: Any = record
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        if isinstance(found, str) and found:
            return found
    return ""


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Each part that holds no other, with its path; of an empty list or mapping, that it is empty."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{index}]")
    else:
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

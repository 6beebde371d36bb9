"""What can still be judged of a record whose form is wrong, so that all its errors are told at once."""

import copy
from typing import Any

from pydantic import ValidationError

from claims.passports.forms import LongPassport, ShortPassport
from claims.passports.intake.texts import Place

Form = LongPassport | ShortPassport
_PLACEHOLDER = "?"


def form_faults(error: ValidationError) -> list[tuple[Place, str]]:
    """What is wrong with a form: each place with its reason."""
    return [(one["loc"], _reason(one["type"], one["msg"])) for one in error.errors(include_url=False)]


def salvaged(kind: type[Form], record: Any, error: ValidationError) -> Form | None:
    """The form without what was wrong in it; None where too little of it is left."""
    try:
        rest = copy.deepcopy(record)
        for one in error.errors(include_url=False):
            if not _without(rest, one["loc"], missing=one["type"] == "missing"):
                return None
        return kind.model_validate(rest)
    except (ValidationError, RecursionError):
        return None


def _reason(kind: str, message: str) -> str:
    return "unknown key" if kind == "extra_forbidden" else message.removeprefix("Value error, ")


def _without(record: Any, path: Place, *, missing: bool) -> bool:
    """Takes the value at the path away, or puts something there where it was missing; False where that can't be done.

    Nothing is taken out of a list: the places of what stands behind it would change.
    """
    target: Any = record
    for part in path[:-1]:
        try:
            target = target[part]
        except (KeyError, IndexError, TypeError):
            return False
    if not path or not isinstance(target, dict):
        return False
    if missing:
        target[path[-1]] = _PLACEHOLDER
    else:
        target.pop(path[-1], None)
    return True

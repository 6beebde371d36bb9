"""What FastAPI finds in the functions of routes, kept for the next app in the process.

Each test builds an app over stores of its own, 183 functions each time, and finding out what they ask took a sixth of
all tests' time. A function that is defined again is the same code: what it asks is the same, if its dependencies are.
"""

from collections.abc import Callable
from dataclasses import replace
from types import CodeType
from typing import Any

import fastapi.routing
from fastapi.dependencies.models import Dependant
from fastapi.params import Depends

_analyse = fastapi.routing.get_dependant
_kept: dict[tuple[CodeType, str], tuple[list[object], Dependant]] = {}


def analyse_once() -> None:
    """Lets apps that are built from now on share what was found in the functions of their routes."""
    fastapi.routing.get_dependant = _analysed


def _analysed(*, path: str, call: Callable[..., Any], scope: Any) -> Dependant:
    dependencies = _dependencies(call)
    key = (call.__code__, path)
    kept = _kept.get(key)
    if kept is None or kept[0] != dependencies:
        found = _analyse(path=path, call=call, scope=scope)
        kept = _kept[key] = (dependencies, replace(found, call=None))
    return replace(kept[1], call=call, dependencies=list(kept[1].dependencies))


def _dependencies(call: Callable[..., Any]) -> list[object]:
    """What its parameters depend on, by annotation or by default."""
    said = [part for hint in call.__annotations__.values() for part in getattr(hint, "__metadata__", ())]
    said += [*(call.__defaults__ or ()), *(call.__kwdefaults__ or {}).values()]
    return [part.dependency for part in said if isinstance(part, Depends)]

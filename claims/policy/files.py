"""Reads one policy file into its model, naming file, line and reason of the first error.

A text that was read before is not parsed again: most files of two policies that stand side by side are the same.
"""

from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import ValidationError

from claims.errors import PolicyError
from claims.policy.yaml_files import compose_yaml, parse_yaml
from claims.types import Frozen

Model = TypeVar("Model", bound=Frozen)
# What policies had in common before it was theirs; it changes no more.
OLDER = Path(__file__).parent / "older"


def read_policy_file(path: Path, model: type[Model]) -> Model:
    """The file's content as `model`; PolicyError with the line where it goes wrong."""
    text = _read(path)
    try:
        read: Model = _model_of(text, model)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "is no YAML"
        raise PolicyError(str(path), mark.line + 1 if mark else None, str(reason)) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        message = "unknown key" if first["type"] == "extra_forbidden" else first["msg"].removeprefix("Value error, ")
        raise PolicyError(str(path), line_of(text, first["loc"]), f"{where}: {message}") from error
    return read


def read_later_file(path: Path, model: type[Model]) -> Model:
    """As `read_policy_file`, of a file that older policies lack: they are read with what the code held before it."""
    return read_policy_file(path if path.is_file() else OLDER / path.name, model)


def read_optional_file(path: Path, model: type[Model]) -> Model | None:
    """As `read_policy_file`; None where the policy has no such file and does without what it is for."""
    return read_policy_file(path, model) if path.is_file() else None


@lru_cache(maxsize=256)
def _model_of(text: str, model: type[Model]) -> Model:
    return model.model_validate(parse_yaml(text))


def error_at(path: Path, location: tuple[int | str, ...], reason: str) -> PolicyError:
    """A PolicyError that names the line of the deepest part of `location`."""
    return PolicyError(str(path), line_of(_read(path), location), reason)


def read_lines(path: Path) -> list[str]:
    """The lines of a plain table, without empty ones and remarks (#)."""
    return [line for line in _read(path).splitlines() if line and not line.startswith("#")]


def read_numbered_lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a table with their numbers, without empty ones and remarks."""
    lines = enumerate(_read(path).splitlines(), start=1)
    return [(number, line) for number, line in lines if line.strip() and not line.startswith("#")]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(str(path), None, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PolicyError(str(path), None, f"is not UTF-8 text: byte {error.start} cannot be read") from error


def line_of(text: str, location: tuple[int | str, ...]) -> int | None:
    """The 1-based line of the deepest part of `location` that exists in the YAML text."""
    node = compose_yaml(text)
    line = node.start_mark.line + 1 if node else None
    for part in location:
        found = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    found, line = value, key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = node.value[part]
            line = found.start_mark.line + 1
        if found is None:
            break
        node = found
    return line

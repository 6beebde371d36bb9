"""Runs `zhenyan` where only some extras are installed: whatever else is installed here can't be imported there.

As a program, `python few_packages.py EXTRA,… ARGUMENT…`, with '' for no extra at all.
"""

import sys
import tomllib
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from types import ModuleType

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


class Absent(MetaPathFinder):
    """Says of every module of all distributions but these that it is not there."""

    def __init__(self, kept: frozenset[str]) -> None:
        self._absent = {
            module
            for module, names in packages_distributions().items()
            if not any(canonicalize_name(name) in kept for name in names)
        }

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name.partition(".")[0] in self._absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def only(extras: Iterable[str]) -> None:
    """From here on nothing can be imported that the project with these extras doesn't bring."""
    sys.meta_path.insert(0, Absent(installed_with(extras)))


def installed_with(extras: Iterable[str]) -> frozenset[str]:
    """The distributions that come with the project and these extras, as their own metadata says."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(each for extra in extras for each in project["optional-dependencies"][extra])]
    waiting = [Requirement(each) for each in asked]
    found = {(canonicalize_name(project["name"]), "")}
    while waiting:
        requirement = waiting.pop()
        for extra in ("", *requirement.extras):
            if (one := (canonicalize_name(requirement.name), extra)) not in found:
                found.add(one)
                waiting += _needs(*one)
    return frozenset(name for name, _ in found)


def _needs(name: str, extra: str) -> list[Requirement]:
    try:
        needs = [Requirement(each) for each in requires(name) or ()]
    except PackageNotFoundError:
        return []
    return [each for each in needs if each.marker is None or each.marker.evaluate({"extra": extra})]


if __name__ == "__main__":
    only(filter(None, sys.argv[1].split(",")))
    sys.path.insert(0, str(ROOT))
    from cli.main import main

    main(sys.argv[2:])

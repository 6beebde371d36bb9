"""What lies beside detectors: their examples, and what became of those of older versions."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

from pydantic import Field

from claims.policy.files import error_at, read_policy_file
from claims.types import Frozen

# Where each detector's examples lie, beside the passports that they speak of.
EXAMPLES, EXAMPLE_PASSPORTS = "examples", "passports.yaml"


class Example(Frozen):
    """A sentence about one of the products of `examples/passports.yaml`, with what the platform knows of them."""

    product: str
    say: str
    facts: dict[str, float | bool] = Field(default_factory=dict)


class DetectorExamples(Frozen):
    """What a detector must find, and what looks like it and nobody may flag."""

    hits: Annotated[tuple[Example, ...], Field(min_length=3)]
    near_misses: Annotated[tuple[Example, ...], Field(min_length=3)]


class ExamplesFile(Frozen):
    """`examples/<CLASS>.yaml`: examples of its detectors, by their ids."""

    detectors: dict[str, DetectorExamples]


class AliasesFile(Frozen):
    """`aliases.yaml`: detectors of older versions, and those that find now what they found, itself among them."""

    aliases: dict[str, tuple[str, ...]]


def read_examples(folder: Path) -> dict[str, DetectorExamples]:
    """The examples of each detector of the policy, by its name, such as `ORIGIN.imported`; none where it has none."""
    found: dict[str, DetectorExamples] = {}
    for path in sorted((folder / EXAMPLES).glob("*.yaml")):
        if path.name != EXAMPLE_PASSPORTS:
            of_class = read_policy_file(path, ExamplesFile).detectors
            found |= {f"{path.stem}.{rule_id}": examples for rule_id, examples in of_class.items()}
    return found


def read_aliases(path: Path, detectors: Collection[str]) -> dict[str, tuple[str, ...]]:
    """What became of detectors of older versions, by their names; PolicyError where a successor is not there."""
    if not path.is_file():
        return {}
    aliases = read_policy_file(path, AliasesFile).aliases
    for old, successors in aliases.items():
        if old in detectors and old not in successors:
            raise error_at(path, ("aliases", old), f"{old}: is still a detector, and not named among them")
        if (gone := next((s for s in successors if s not in detectors), None)) is not None:
            raise error_at(path, ("aliases", old), f"{old}: no detector {gone!r}")
    return aliases

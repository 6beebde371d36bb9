"""Sentences with what should be found in them: the open examples, and the blind sets written before any rule was seen.

Sets A, C, D, E, F and half of G were read when the rules were broadened, so they prove nothing by now; B and H are
held out.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.checkout import CASES_DIR
from net.errors import ZhenyanError

READ_SETS = frozenset({"a", "c", "d", "e_hypothetical", "f_condition", "g_evasion"})
# The moment for which the sets' passports set prices and dates.
BROADCAST_AT = datetime.fromisoformat("2026-11-24T20:00:00+08:00")


class CasesError(ZhenyanError):
    """The sentences of a benchmark are not there or can't be read."""


@dataclass(frozen=True)
class Case:
    """What a host says in one short conversation; no classes: nothing may be flagged in it."""

    id: str
    set_name: str
    utterances: tuple[str, ...]
    product_id: str | None
    classes: tuple[str, ...]
    verdicts: tuple[str, ...]

    @cached_property
    def text(self) -> str:
        """All that is said, as one text."""
        return "，".join(self.utterances)

    @property
    def is_violation(self) -> bool:
        """True if something should be flagged."""
        return bool(self.classes)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSet:
    """Cases with the passports of the products that they speak of."""

    name: str
    cases: tuple[Case, ...]
    passports: Path

    @property
    def held_out(self) -> bool:
        """True if no rule was written after reading the set."""
        return self.name not in READ_SETS


def blind_sets(folder: Path = CASES_DIR / "blind") -> tuple[CaseSet, ...]:
    """Every blind set, by name; case ids begin with the set's name."""
    found = []
    for path in sorted(folder.glob("*/cases.jsonl")):
        name = path.parent.name
        passports = sorted(path.parent.glob("passports.*"))
        if not passports:
            raise CasesError(f"{path.parent}: has cases but no passports file; add passports.yaml or passports.json")
        found.append(CaseSet(name=name, cases=read_cases(path, name), passports=passports[0]))
    if not found:
        raise CasesError(f"{folder}: no blind sets here; run from a checkout of the project, not an installed package")
    return tuple(found)


def open_examples(folder: Path = CASES_DIR / "open") -> tuple[Case, ...]:
    """The taxonomy's spoken examples, lawful and not, that can be told from text, passports and facts."""
    return tuple(c for name in ("cases", "fact_cases") for c in read_cases(folder / f"{name}.jsonl", "open"))


def read_cases(path: Path, set_name: str) -> tuple[Case, ...]:
    """The cases of one JSONL file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CasesError(f"{path}: cannot be read: {error.strerror}; run from a checkout of the project") from error
    return tuple(_case(json.loads(line), set_name) for line in lines if line.strip())


def _case(content: dict[str, Any], set_name: str) -> Case:
    expected: Sequence[dict[str, Sequence[str]]] = content["expected"]
    return Case(
        id=f"{set_name}.{content['case']}",
        set_name=set_name,
        utterances=tuple(content["utterances"]),
        product_id=content.get("product_id") or None,
        classes=tuple(dict.fromkeys(name for e in expected for name in e["classes"])),
        verdicts=tuple(dict.fromkeys(verdict for e in expected for verdict in e["verdicts"])),
    )

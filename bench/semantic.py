"""What each layer of reading adds and costs: disguises and mis-hearings one by one, then the semantic layer.

Every labelled set as the rules judge it with no layer, with all, with all but one, and with all and each classifier
shipped: recall, precision, passages a second of processor time on one thread. Of the evasions, odd numbers and set K
were learnt from; even ones, sets B, H, L, N, O, P, Q, R, T and V (claims that only a record decides) were not. A hit is
a flag of an allowed class, a false one any flag in a lawful case.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import get_args

import configs
from bench.checkout import CASES_DIR
from claims.classifier.opening import OFF, SHIPPED, open_reader
from claims.engine.conversation import ClaimEngine
from claims.passports.load import load_passports
from claims.policy.policy import Policy
from claims.policy.schema import ReadingLayer
from claims.types import Disposition
from cli.policy.labelled_talk import Case, read_cases

Row = dict[str, object]
# Whole sentences are read by their sound only where a recogniser doubted: `bench spoken` says what that adds.
LAYERS: tuple[ReadingLayer, ...] = tuple(layer for layer in get_args(ReadingLayer) if layer != "sentence")
_AT = datetime.fromisoformat("2026-06-15T12:00:00+08:00")
_EVASIONS = "blind/g_evasion"
_READ = ("open", "blind/a", "blind/c", "blind/d")
_QUICK = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Cases with the passports that they are judged by."""

    name: str
    cases: tuple[Case, ...]
    passports: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How cases were judged; `cpu_s` is processor time."""

    breaches: int
    hits: int
    false: int
    passages: int
    cpu_s: float


def run(*, quick: bool = False) -> list[Row]:
    """A row for each set and each way of reading it."""
    groups = [*_groups(quick)]
    rows: list[Row] = []
    for name, layers, semantic in ways():
        policy = Policy(configs.POLICY_DIR)
        kept = {layer: cost for layer, cost in policy.settings.reading_layers.items() if layer in layers}
        policy.settings = policy.settings.model_copy(update={"reading_layers": kept})
        policy.reader  # noqa: B018 - built before the clock runs
        for group in groups:
            # A fresh reader for each set: what one set read would make the next look cheap.
            reader = open_reader(semantic, configs.SEMANTIC_DIR)
            passports = load_passports(group.passports, policy.quantity_reader)
            engine = ClaimEngine(policy, passports, at=_AT, reader=reader)
            rows.append(_row(group.name, name, tally(engine, group.cases)))
    return rows


def ways() -> list[tuple[str, tuple[ReadingLayer, ...], str]]:
    """Name, layers that are on, and the setting of the semantic layer."""
    left_out = [(f"all but {one}", tuple(layer for layer in LAYERS if layer != one), OFF) for one in LAYERS]
    shipped = [(f"all and {name}", LAYERS, name) for name in reversed(SHIPPED)]
    return [("rules alone", (), OFF), *left_out, ("all", LAYERS, OFF), *shipped]


def tally(engine: ClaimEngine, cases: tuple[Case, ...]) -> Tally:
    """The cases judged, each a conversation of its own."""
    hits = false = 0
    started = time.process_time()
    for case in cases:
        conversation = engine.conversation(case.case_id)
        for passage in case.passages:
            conversation.hear(passage)
        conversation.flush()
        flagged = {f.class_id for f in conversation.findings if f.disposition is Disposition.FLAG}
        hits += bool(flagged & case.classes)
        false += bool(flagged) and not case.classes
    return Tally(
        breaches=sum(bool(c.classes) for c in cases),
        hits=hits,
        false=false,
        passages=sum(len(c.passages) for c in cases),
        cpu_s=time.process_time() - started,
    )


def _groups(quick: bool) -> Iterator[Group]:
    def group(name: str, folder: str, keep: Callable[[int], bool] = lambda _: True) -> Group:
        cases = [c for n, c in enumerate(read_cases(CASES_DIR / folder / "cases.jsonl")) if keep(_number(c, n))]
        passports = next((CASES_DIR / folder).glob("passports.*"))
        return Group(name=name, cases=tuple(cases[:_QUICK] if quick else cases), passports=passports)

    yield group("evasions, odd", _EVASIONS, lambda n: n % 2 == 1)
    if quick:
        return
    yield group("evasions, even", _EVASIONS, lambda n: n % 2 == 0)
    for letter in "hklnopqrt":
        yield group(letter, f"blind/{letter}_evasion")
    yield group("v", "blind/v_record")
    yield group("b", "blind/b")
    for folder in _READ:
        yield group(folder.removeprefix("blind/"), folder)


def _number(case: Case, place: int) -> int:
    """The number in an evasion's name; elsewhere its place."""
    digits = case.case_id.partition("-")[0][2:]
    return int(digits) if digits.isdigit() else place


def _row(group: str, way: str, result: Tally) -> Row:
    return {
        "set": group,
        "way": way,
        "recall": round(result.hits / max(1, result.breaches), 3),
        "precision": round(result.hits / max(1, result.hits + result.false), 3),
        "passages_per_core_s": round(result.passages / max(1e-9, result.cpu_s)),
    }

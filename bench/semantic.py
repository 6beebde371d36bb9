"""What the semantic layer adds to the rules, and what it costs.

    python -m bench.semantic [--semantic auto]

Every labelled set with and without it: recall, precision, passages a second of processor time on one thread. Of the
evasions, odd numbers were learnt from and even ones were not; set B was not. A hit is a flag of an allowed class.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import configs
from claims.conversation import ClaimEngine
from claims.passport_load import load_passports
from claims.policy import Policy
from claims.semantic import OFF, open_proposer
from claims.types import Disposition, Passage

_TESTS = Path(__file__).parents[1] / "tests" / "claims"
_AT = datetime.fromisoformat("2026-11-24T20:00:00+08:00")
_SETS = ("open", "blind/a", "blind/b", "blind/c", "blind/d", "blind/e_hypothetical", "blind/f_condition")
_IMPLIED = ("paraphrase", "innuendo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Passages of one stream and the classes that must be flagged; none: nothing may be."""

    case_id: str
    passages: tuple[Passage, ...]
    classes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How a set was judged; `cpu_s` is processor time."""

    breaches: int
    hits: int
    lawful: int
    false: int
    passages: int
    cpu_s: float

    def __str__(self) -> str:
        recall = self.hits / max(1, self.breaches)
        precision = self.hits / max(1, self.hits + self.false)
        speed = self.passages / max(1e-9, self.cpu_s)
        return (
            f"recall {recall:.3f} ({self.hits}/{self.breaches})  precision {precision:.3f} "
            f"({self.false}/{self.lawful} false)  {speed:.0f} passages/s"
        )


def read_cases(file: Path) -> Iterator[Case]:
    """The labelled cases of a file, four seconds between passages."""
    for line in file.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        yield Case(
            case_id=case["case"],
            passages=tuple(
                Passage(
                    stream_id=case["case"],
                    id=f"{case['case']}.{n}",
                    channel=case.get("channel", "speech"),
                    start_ms=n * 4000,
                    end_ms=n * 4000 + 3600,
                    text=text,
                    product_id=case.get("product_id"),
                )
                for n, text in enumerate(case["utterances"])
            ),
            classes=frozenset(c for e in case["expected"] for c in e["classes"]),
        )


def tally(engine: ClaimEngine, cases: list[Case]) -> Tally:
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
        lawful=sum(not c.classes for c in cases),
        false=false,
        passages=sum(len(c.passages) for c in cases),
        cpu_s=time.process_time() - started,
    )


def _evasions(keep: Callable[[int, str], bool]) -> list[Case]:
    cases = read_cases(_TESTS / "blind" / "g_evasion" / "cases.jsonl")
    return [c for c in cases if keep(int(c.case_id.partition("-")[0][2:]), c.case_id.rpartition("-")[2])]


def main() -> None:
    """Prints a line a set, without and with the layer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--semantic", default="auto")
    options = parser.parse_args()
    policy = Policy(configs.POLICY_DIR)
    sets: list[tuple[str, Path, list[Case]]] = [
        (name, _TESTS / name, list(read_cases(_TESTS / name / "cases.jsonl"))) for name in _SETS
    ]
    folder = _TESTS / "blind" / "g_evasion"
    sets += [
        ("evasions, odd", folder, _evasions(lambda n, _: n % 2 == 1)),
        ("evasions, even", folder, _evasions(lambda n, _: n % 2 == 0)),
        ("implied, even", folder, _evasions(lambda n, kind: n % 2 == 0 and kind in _IMPLIED)),
        ("windows, even", folder, _evasions(lambda n, kind: n % 2 == 0 and kind == "window")),
    ]
    for name, where, cases in sets:
        passports = load_passports(next(where.glob("passports.*")), policy.quantity_reader)
        for semantic in (OFF, options.semantic):
            # A fresh proposer for each set: what one set read would make the next look cheap.
            proposer = open_proposer(semantic, configs.SEMANTIC_DIR)
            result = tally(ClaimEngine(policy, passports, at=_AT, proposer=proposer), cases)
            print(f"{name:22} {'without' if semantic == OFF else 'with':8} {result}", flush=True)


if __name__ == "__main__":
    main()

"""A policy's examples tried: each detector finds its hits, and nobody flags its near misses."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from claims.engine.conversation import ClaimEngine
from claims.engine.extract import category_allows, match_rule
from claims.engine.window import build_window, fold
from claims.errors import PolicyError
from claims.passports.load import load_passports
from claims.policy.detectors import EXAMPLE_PASSPORTS, EXAMPLES, Example
from claims.policy.policy import Policy
from claims.types import Disposition, Finding, Passage, PlatformFact

# Examples are said on one evening, so that prices and dates of their passports stay what they are.
AT = datetime.fromisoformat("2026-11-24T20:00:00+08:00")
_STREAM = "example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An example that does not hold: of which detector (`ORIGIN.imported`), what was said, and what came of it."""

    detector: str
    kind: Literal["hit", "near miss"]
    say: str
    why: str


def example_engine(policy: Policy) -> ClaimEngine:
    """The engine that examples are tried with: rules and records alone, over the goods that they speak of."""
    path = policy.folder / EXAMPLES / EXAMPLE_PASSPORTS
    return ClaimEngine(policy, load_passports(path, policy.quantity_reader), at=AT)


def failed_examples(policy: Policy) -> Iterator[Failed]:
    """Every example that does not hold, detector by detector."""
    if not policy.examples:
        return
    engine = example_engine(policy)
    for name, examples in policy.examples.items():
        for hit in examples.hits:
            yield from _failed(name, "hit", hit, why_no_hit(engine, name, hit))
        for miss in examples.near_misses:
            yield from _failed(name, "near miss", miss, why_flagged(engine, name, miss))


def without_examples(policy: Policy) -> list[str]:
    """The detectors that have none, in order."""
    return sorted({rule.name for rule in policy.rules} - set(policy.examples))


def why_no_hit(engine: ClaimEngine, detector: str, example: Example) -> str | None:
    """Why the detector does not find the example; None where it does, and its class is found."""
    class_id = detector.partition(".")[0]
    rule = next((r for r in engine.policy.rules if r.name == detector), None)
    if rule is not None:
        passage = _passage(engine, example)
        window = build_window([(passage, fold(passage, engine.policy))], 0, engine.policy)
        matches = list(match_rule(window, rule))
        passport = engine.finder.by_id[example.product]
        if not category_allows(engine.policy.class_files[class_id], rule.rule, passport):
            return f"does not hold for goods of category {passport.category}"
        if not matches:
            return "no pattern of it matches"
        if all(one.dropped is not None for one in matches):
            return f"dropped: {matches[0].dropped}"
    found = findings_of(engine, example)
    return None if any(f.class_id == class_id for f in found) else "nothing of its class is found"


def why_flagged(engine: ClaimEngine, detector: str, example: Example) -> str | None:
    """Which finding the near miss gets; None where it gets none. A class that only notes may not even note it."""
    class_id = detector.partition(".")[0]
    only_notes = engine.policy.class_files[class_id].judge == "note"
    for finding in findings_of(engine, example):
        if finding.disposition is Disposition.FLAG or (only_notes and finding.class_id == class_id):
            return f"{finding.disposition} by {finding.rule}: {finding.quote}"
    return None


def _failed(detector: str, kind: Literal["hit", "near miss"], example: Example, why: str | None) -> Iterator[Failed]:
    if why is not None:
        yield Failed(detector=detector, kind=kind, say=example.say, why=why)


def _passage(engine: ClaimEngine, example: Example) -> Passage:
    if example.product not in engine.finder.by_id:
        path = str(engine.policy.folder / EXAMPLES / EXAMPLE_PASSPORTS)
        raise PolicyError(path, None, f"has no product {example.product!r}, which an example speaks of")
    return Passage(stream_id=_STREAM, id="u1", start_ms=0, end_ms=4000, text=example.say, product_id=example.product)


def findings_of(engine: ClaimEngine, example: Example) -> list[Finding]:
    """What the engine finds in the example, of whatever class."""
    facts = [
        PlatformFact.model_validate(
            {"stream_id": _STREAM, "at_ms": 0, "kind": kind, "product_id": example.product, "value": value}
        )
        for kind, value in example.facts.items()
    ]
    conversation = engine.conversation(_STREAM, facts)
    conversation.hear(_passage(engine, example))
    conversation.flush()
    return conversation.findings

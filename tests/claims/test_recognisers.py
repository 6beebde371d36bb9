"""Every recogniser rule against what hosts say: hits that it must find, near misses that nobody may flag."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from claims.engine.conversation import ClaimEngine
from claims.engine.extract import category_allows, recognise, weigh
from claims.engine.window import build_window, fold
from claims.passports.load import load_passports
from claims.policy.policy import Policy
from claims.types import Finding, Passage, PlatformFact
from tests.claims.support import AT

TABLES = Path(__file__).parent / "recognisers"
PASSPORTS = TABLES / "passports.yaml"
QUANTITY = "SPEC_PARAM.quantity"
ENOUGH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A sentence of a table: the rule it belongs to, the product on sale, the platform's facts."""

    rule: str
    say: str
    product: str
    facts: Mapping[str, float | bool] = field(default_factory=dict)

    @property
    def class_id(self) -> str:
        return self.rule.partition(".")[0]

    @property
    def passage(self) -> Passage:
        return Passage(stream_id="s1", id="u1", start_ms=0, end_ms=4000, text=self.say, product_id=self.product)


def _read(table: Path) -> dict[str, dict[str, list[Row]]]:
    rules = yaml.safe_load(table.read_text(encoding="utf-8"))
    return {
        f"{table.stem}.{rule}": {
            kind: [Row(rule=f"{table.stem}.{rule}", **row) for row in rows] for kind, rows in kinds.items()
        }
        for rule, kinds in rules.items()
    }


RULES = {
    rule: kinds for table in sorted(TABLES.glob("*.yaml")) if table != PASSPORTS for rule, kinds in _read(table).items()
}


def _rows(kind: str) -> list[object]:
    return [
        pytest.param(row, id=f"{rule} {number}")
        for rule, kinds in RULES.items()
        for number, row in enumerate(kinds[kind], start=1)
    ]


@pytest.fixture(scope="session")
def engine(policy: Policy) -> ClaimEngine:
    return ClaimEngine(policy, load_passports(PASSPORTS, policy.quantity_reader), at=AT)


def _findings(engine: ClaimEngine, row: Row) -> list[Finding]:
    facts = [
        PlatformFact.model_validate(
            {"stream_id": "s1", "at_ms": 0, "kind": kind, "product_id": row.product, "value": value}
        )
        for kind, value in row.facts.items()
    ]
    conversation = engine.conversation("s1", facts)
    conversation.hear(row.passage)
    conversation.flush()
    return conversation.findings


def _recognised(engine: ClaimEngine, row: Row) -> bool:
    """True if the row's own rule matches, holds for the product's category and is explained by no near miss."""
    policy = engine.policy
    window = build_window([(row.passage, fold(row.passage, policy))], 0, policy)
    rule = next(r for r in policy.rules if r.name == row.rule)
    holds = category_allows(policy.class_files[rule.class_id], rule.rule, engine.finder.by_id[row.product])
    return holds and any(one.dropped is None for one in weigh(window, rule))


def test_recognising_by_index_finds_what_weighing_every_rule_finds(engine: ClaimEngine) -> None:
    policy = engine.policy
    for row in (row for kinds in RULES.values() for rows in kinds.values() for row in rows):
        passport = engine.finder.by_id[row.product]
        before = row.passage.model_copy(update={"id": "u0", "text": "家人们看过来,这个真的是最好的"})
        heard = [(passage, fold(passage, policy)) for passage in (before, row.passage)]
        window = build_window(heard, 1, policy)
        wanted = [
            one.candidate
            for rule in policy.rules
            if category_allows(policy.class_files[rule.class_id], rule.rule, passport)
            for one in weigh(window, rule)
            if one.dropped is None
        ]
        assert list(recognise(window, passport, policy)) == wanted, row.say


def test_every_rule_has_its_table_and_every_table_its_rule(policy: Policy) -> None:
    assert set(RULES) == {rule.name for rule in policy.rules} | {QUANTITY}


@pytest.mark.parametrize("rule", RULES)
def test_a_table_holds_enough_hits_and_near_misses(rule: str) -> None:
    assert set(RULES[rule]) == {"hits", "near_misses"}
    assert min(len(rows) for rows in RULES[rule].values()) >= ENOUGH


@pytest.mark.parametrize("row", _rows("hits"))
def test_a_hit_is_found_by_its_rule_and_kept_in_its_class(engine: ClaimEngine, row: Row) -> None:
    found = _findings(engine, row)
    assert any(f.class_id == row.class_id for f in found), [(f.rule, f.disposition, f.quote) for f in found]
    assert row.rule == QUANTITY or _recognised(engine, row), f"{row.rule} does not match {row.say}"


@pytest.mark.parametrize("row", _rows("near_misses"))
def test_a_near_miss_is_not_flagged(engine: ClaimEngine, row: Row) -> None:
    """A class that can only note must not even note it."""
    found = _findings(engine, row)
    only_notes = engine.policy.class_files[row.class_id].judge == "note"
    wrong = [f for f in found if f.disposition == "flag" or (only_notes and f.class_id == row.class_id)]
    assert not wrong, [(f.rule, f.verdict, f.quote, f.registered) for f in wrong]

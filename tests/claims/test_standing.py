"""A reading by sound adds a claim where one rests on it, and never takes away one that was heard outright."""

import json
import random
from datetime import datetime
from pathlib import Path

import pytest

from claims.engine.conversation import ClaimEngine
from claims.passports.load import read_passports
from claims.policy.policy import Policy
from claims.types import Disposition, Doubt, Finding, Passage
from tests.claims.support import HONEY

pytestmark = pytest.mark.service

AT = datetime.fromisoformat("2026-11-24T20:00:00+08:00")
SETS = Path(__file__).parent / "blind"
BY_SOUND = {"sound", "sentence"}
Mask = list[tuple[int, int]]


def engine_of(policy: Policy, record: dict[str, object] = HONEY) -> ClaimEngine:
    return ClaimEngine(policy, read_passports([record], policy.quantity_reader, source="test"), at=AT)


def found(engine: ClaimEngine, text: str, mask: Mask, product_id: str | None = None) -> list[Finding]:
    """What is found in the text, heard with doubt in these places."""
    conversation = engine.conversation("s")
    doubts = tuple(Doubt(start=start, end=end) for start, end in mask)
    conversation.hear(
        Passage(stream_id="s", id="p", start_ms=0, end_ms=4000, text=text, doubts=doubts, product_id=product_id)
    )
    conversation.flush()
    return conversation.findings


def readings(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(m.heard, m.meant) for f in findings for m in f.match if m.kind in BY_SOUND]


def without_sound(policy: Policy) -> Policy:
    """The policy by which nothing is read by its sound."""
    own = Policy(policy.folder)
    kept = {layer: cost for layer, cost in own.settings.reading_layers.items() if layer not in BY_SOUND}
    own.settings = own.settings.model_copy(update={"reading_layers": kept})
    return own


def every_mask(text: str) -> list[Mask]:
    return [[(start, end)] for start in range(len(text)) for end in range(start + 1, len(text) + 1)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("喝了这个蜂蜜血糖就降下来了", id="讲下来 is said oftener than 降下来"),
        pytest.param("血糖一下子就降下来了", id="the same, said otherwise"),
        pytest.param("老人家喝了血压都稳下来了", id="another verb"),
    ],
)
def test_what_was_heard_is_never_told_as_read_otherwise_where_nothing_rests_on_it(policy: Policy, text: str) -> None:
    engine = engine_of(policy)
    surely = {f.finding_id for f in found(engine, text, [])}
    assert surely
    for mask in every_mask(text):
        findings = found(engine, text, mask)
        assert surely <= {f.finding_id for f in findings}, mask
        assert readings(findings) == [], mask


@pytest.mark.parametrize(
    ("text", "read_as", "class_id"),
    [
        pytest.param("这个蜂蜜能江血糖", ("江", "降"), "DISEASE_FOOD", id="one character"),
        pytest.param("喝这个蜂蜜可以预防搞血压", ("搞血压", "高血压"), "DISEASE_FOOD", id="the illness"),
    ],
)
def test_a_claim_that_rests_on_a_likelier_reading_is_found_and_shows_it(
    policy: Policy, text: str, read_as: tuple[str, str], class_id: str
) -> None:
    findings = found(engine_of(policy), text, [(0, len(text))])
    assert class_id in {f.class_id for f in findings if f.disposition is Disposition.FLAG}
    shown = readings(findings)
    assert any(read_as[1] in meant and read_as[0] in heard for heard, meant in shown), shown
    for finding in findings:
        assert finding.quote in text


def test_a_reading_elsewhere_in_the_sentence_is_not_shown(policy: Policy) -> None:
    text = "家人们明天就能法货,这个蜂蜜能根治失眠"
    findings = found(engine_of(policy), text, [(0, len(text))])
    assert [f.class_id for f in findings if f.disposition is Disposition.FLAG] == ["DISEASE_FOOD"]
    assert readings(findings) == []


def test_no_denial_is_read_into_what_was_heard(policy: Policy) -> None:
    text = "这个蜂蜜媒说能根治失眠"
    engine = engine_of(policy)
    plain = {f.finding_id: f.disposition for f in found(engine_of(without_sound(policy)), text, [])}
    assert Disposition.FLAG in plain.values()
    for mask in every_mask(text):
        now = {f.finding_id: f.disposition for f in found(engine, text, mask)}
        assert plain.items() <= now.items(), mask


@pytest.mark.parametrize("name", ["a", "c", "d"])
def test_a_reading_removes_no_claim_that_was_heard_outright(policy: Policy, name: str) -> None:
    """Over many sentences, breaches and lawful ones: with whatever doubts, what is found without readings is found."""
    records = json.loads((SETS / name / "passports.json").read_text(encoding="utf-8"))
    reader = policy.quantity_reader
    passports = read_passports(records, reader, source=name)
    engine = ClaimEngine(policy, passports, at=AT)
    plain = ClaimEngine(without_sound(policy), passports, at=AT)
    rows = [json.loads(row) for row in (SETS / name / "cases.jsonl").read_text(encoding="utf-8").splitlines()]
    dice = random.Random(22)
    checked = 0
    for row in dice.sample(rows, 60):
        text = row["utterances"][-1]
        ends = sorted(dice.sample(range(len(text) + 1), min(len(text) + 1, 2 * dice.randint(1, 3))))
        for mask in ([(0, len(text))], [*zip(ends[::2], ends[1::2], strict=False)]):
            outright = found(plain, text, mask, row.get("product_id"))
            now = {f.finding_id: f for f in found(engine, text, mask, row.get("product_id"))}
            for finding in outright:
                assert finding.finding_id in now, (text, mask, finding.rule)
                assert now[finding.finding_id].disposition is finding.disposition, (text, mask)
                checked += 1
    assert checked > 30

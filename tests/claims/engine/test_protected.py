"""What was said outright stands, whatever is learnt; only named contexts lower it, and records clear it."""

from datetime import datetime

import pytest

from claims.engine.conversation import ClaimEngine
from claims.passports.load import read_passports
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.policy.yaml_files import parse_yaml
from claims.types import Disposition, Finding, Passage
from tests.claims.support import Says

AT = datetime.fromisoformat("2026-11-24T20:00:00+08:00")
PASSPORTS = """
- {id: P-TEA, name: 桑叶茶, category: food/tea, origin: CN}
- {id: P-CUP, name: 保温杯, category: home/kitchen, origin: CN}
- id: P-DEV
  name: 医用冷敷贴
  category: home/massage
  certificates: [{scheme: DEVICE_REG, number: 粤械注准20232090001, valid_until: "2030-01-01"}]
"""


@pytest.fixture(scope="module")
def policy() -> Policy:
    return packaged_policy()


def findings(policy: Policy, *said: str, product: str = "P-TEA", lawful: bool = True) -> list[Finding]:
    passports = read_passports(parse_yaml(PASSPORTS), policy.quantity_reader, source="passports")
    engine = ClaimEngine(policy, passports, at=AT, reader=Says(-12.0) if lawful else None)
    conversation = engine.conversation("s1")
    for number, text in enumerate(said):
        conversation.hear(
            Passage(
                stream_id="s1",
                id=f"u{number}",
                start_ms=number * 4000,
                end_ms=number * 4000 + 3000,
                text=text,
                product_id=product,
            )
        )
    conversation.flush()
    return conversation.findings


OUTRIGHT = [
    pytest.param("这茶根治糖尿病", "DISEASE_FOOD", id="a cure"),
    pytest.param("喝着喝着胃溃疡就好了", "DISEASE_FOOD", id="a disease that went away"),
    pytest.param("桑叶茶增强免疫力", "HEALTHFUNC_FOOD", id="a health function of ordinary food"),
    pytest.param("这是全网最好的茶", "ABS_SUPERLATIVE", id="an absolute"),
    pytest.param("我们家销量全国第一", "RANK_FIRST", id="a rank"),
    pytest.param("我们家销量第一", "RANK_FIRST", id="a rank of one's own, compared with nobody"),
    pytest.param("我们家的茶是最好的", "ABS_SUPERLATIVE", id="one's own goods, no comparison among them"),
    pytest.param("部队特供茶", "STATE_ENDORSE", id="an organ of the state"),
    pytest.param("中医院的教授都推荐这个茶", "AUTHORITY_ENDORSE", id="an authority"),
]


@pytest.mark.parametrize(("said", "class_id"), OUTRIGHT)
def test_no_reading_takes_out_what_was_said_outright(policy: Policy, said: str, class_id: str) -> None:
    flags = [f for f in findings(policy, said) if f.disposition is Disposition.FLAG]
    assert class_id in {f.class_id for f in flags}
    found = next(f for f in flags if f.class_id == class_id)
    assert found.score >= policy.settings.flag_at
    assert any(step.step.startswith("said outright") for step in found.score_steps)


def test_a_reading_lowers_a_weak_wording(policy: Policy) -> None:
    weak = "别家的茶都是骗人的"
    by_rules = {f.class_id: f.disposition for f in findings(policy, weak, lawful=False)}
    read = {f.class_id: f.disposition for f in findings(policy, weak)}
    assert by_rules["DISPARAGE"] is Disposition.FLAG
    assert read.get("DISPARAGE") is not Disposition.FLAG


@pytest.mark.parametrize(
    ("said", "context"),
    [
        pytest.param(("这茶能根治糖尿病吗", "不能的"), "asked", id="asked and not affirmed"),
        pytest.param(("有人说这茶根治糖尿病,那是骗人的",), "denied", id="others' words, called false"),
        pytest.param(("要是这茶能根治糖尿病,医院早关门了",), "hypothetical", id="only supposed"),
    ],
)
def test_a_context_in_another_clause_lowers_a_critical_statement_to_a_note(
    policy: Policy, said: tuple[str, ...], context: str
) -> None:
    found = [f for f in findings(policy, *said) if f.class_id == "DISEASE_FOOD"]
    assert [f.disposition for f in found] == [Disposition.NOTE]
    applied = {t.id: t.why for t in found[0].exemptions if t.applies}
    assert context in applied
    assert "clause)" in applied[context]
    assert any(step.step.startswith("a note at most") for step in found[0].score_steps)


def test_a_denial_in_its_own_clause_clears_a_critical_statement(policy: Policy) -> None:
    assert [f for f in findings(policy, "这茶不能根治糖尿病") if f.class_id == "DISEASE_FOOD"] == []


@pytest.mark.parametrize(
    "said",
    ["这茶根治糖尿病,别吃药了", "心情不好也没事,这茶根治糖尿病", "没人知道这茶根治糖尿病", "不是药,这茶根治糖尿病"],
    ids=["a warning to patients that is none", "a word of moods", "a negation of knowing", "a disclaimer that is none"],
)
def test_a_word_nearby_clears_nothing(policy: Policy, said: str) -> None:
    flags = {f.class_id for f in findings(policy, said) if f.disposition is Disposition.FLAG}
    assert "DISEASE_FOOD" in flags


def test_what_is_registered_clears_wholly(policy: Policy) -> None:
    said = "消炎止痛一贴就行"
    assert {f.class_id for f in findings(policy, said, product="P-CUP", lawful=False)} & {
        "MEDICAL_TERMS",
        "DISEASE_FOOD",
    }
    registered = findings(policy, said, product="P-DEV", lawful=False)
    assert [f for f in registered if f.class_id == "MEDICAL_TERMS"] == []


@pytest.mark.parametrize(
    ("said", "flagged"),
    [
        pytest.param("桑叶茶不是药不能治胃溃疡", False, id="two clauses heard without a pause"),
        pytest.param("我们没有批文不能说治胃溃疡", False, id="two clauses, the second of which denies"),
        pytest.param("桑叶茶不是不能治胃溃疡", True, id="a negation of a negation"),
    ],
)
def test_negations_cancel_only_side_by_side(policy: Policy, said: str, flagged: bool) -> None:
    flags = [f for f in findings(policy, said, lawful=False) if f.disposition is Disposition.FLAG]
    assert ("DISEASE_FOOD" in {f.class_id for f in flags}) is flagged

"""Code words: each with where it comes from and until when it counts, and a near miss beside it."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

import configs
from claims.errors import PolicyError
from claims.obfuscation.codewords import CodeWord, CodeWords, CodeWordsFile, UnitCode, UnitCodes
from claims.policy.files import read_policy_file
from claims.policy.policy import Policy
from claims.text.normalise import Edit
from claims.types import Disposition
from tests.claims.support import AT, HONEY, read

FILE = read_policy_file(configs.POLICY_DIR / "codewords.yaml", CodeWordsFile)
CODES: tuple[CodeWord | UnitCode, ...] = (*FILE.words, *FILE.units)


def _id(code: CodeWord | UnitCode) -> str:
    return f"{code.said[0]} for {code.meant}"


@pytest.mark.parametrize("code", CODES, ids=_id)
def test_a_code_word_is_read_in_its_example(policy: Policy, code: CodeWord | UnitCode) -> None:
    readings = read(policy, code.example).readings
    assert code.meant in {r.meant for r in readings}, readings


@pytest.mark.parametrize("code", CODES, ids=_id)
def test_a_code_word_is_left_alone_in_its_near_miss(policy: Policy, code: CodeWord | UnitCode) -> None:
    readings = read(policy, code.near_miss).readings
    assert code.meant not in {r.meant for r in readings}, readings


@pytest.mark.parametrize("code", CODES, ids=_id)
def test_a_code_word_says_where_it_comes_from_and_ends_within_two_years(code: CodeWord | UnitCode) -> None:
    assert code.source.strip()
    assert code.added < code.expires <= code.added + timedelta(days=731)


def _code(**changes: object) -> CodeWord:
    content: dict[str, object] = {
        "said": ["小窗户"],
        "meant": "眼睛",
        "class": "DISEASE_FOOD",
        "source": "seen in a room",
        "added": date(2026, 11, 1),
        "expires": date(2026, 11, 30),
        "example": "小窗户看不清",
        "near_miss": "擦小窗户",
    }
    return CodeWord.model_validate(content | changes)


def _edits(text: str, on: date | None = None, **changes: object) -> list[Edit]:
    file = CodeWordsFile(price_words=(), length_words=(), words=(_code(**changes),), units=())
    return CodeWords(file).edits(text, ["code"], on)


@pytest.mark.parametrize(
    ("on", "counts"),
    [
        pytest.param(date(2026, 10, 31), True, id="a broadcast before it was admitted"),
        pytest.param(date(2026, 11, 30), True, id="the last day"),
        pytest.param(date(2026, 12, 1), False, id="the day after"),
        pytest.param(None, True, id="no day given"),
    ],
)
def test_a_code_word_counts_by_the_day_of_the_broadcast(on: date | None, counts: bool) -> None:
    assert bool(_edits("小窗户模糊", on)) == counts


def test_unit_codes_end_as_well() -> None:
    unit = UnitCode(
        said=("米",),
        meant="元",
        source="seen",
        added=date(2026, 1, 1),
        expires=date(2026, 6, 30),
        example="今天九十九米",
        near_miss="三米长",
    )
    codes = UnitCodes(CodeWordsFile(price_words=("今天",), length_words=(), words=(), units=(unit,)))
    assert codes.edits("今天九十九米", date(2026, 6, 30))
    assert not codes.edits("今天九十九米", date(2026, 7, 1))


@pytest.mark.parametrize("field", ["source", "expires", "added", "near_miss", "example", "class"])
def test_a_code_word_without_its_papers_is_refused(policy_copy: Path, field: str) -> None:
    file = policy_copy / "codewords.yaml"
    fields = {
        "said": '["小窗"]',
        "meant": "眼睛",
        "class": "DISEASE_FOOD",
        "source": "seen",
        "added": "2026-11-01",
        "expires": "2026-11-30",
        "example": "小窗花",
        "near_miss": "小窗帘",
    }
    del fields[field]
    entry = ", ".join(f"{name}: {value}" for name, value in fields.items())
    file.write_text(
        f"price_words: []\nlength_words: []\nunits: []\nwords:\n  - {{{entry}}}\n",
        encoding="utf-8",
    )
    with pytest.raises(PolicyError, match=field) as refusal:
        Policy(policy_copy)
    assert "codewords.yaml" in str(refusal.value)


def test_a_code_word_for_an_unknown_class_is_refused(policy_copy: Path) -> None:
    file = policy_copy / "codewords.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("class: ALCOHOL", "class: NO_SUCH"), encoding="utf-8")
    with pytest.raises(PolicyError, match="NO_SUCH"):
        Policy(policy_copy)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("小窗户模糊", True, id="beside a word that it needs"),
        pytest.param("小窗户好看", False, id="beside none"),
        pytest.param("擦一擦小窗户模糊的玻璃", False, id="a word that speaks against it"),
        pytest.param("小窗户帘模糊", False, id="the word goes on and means something else"),
        pytest.param("", False, id="nothing said"),
    ],
)
def test_what_stands_beside_decides(text: str, found: bool) -> None:
    assert bool(_edits(text, beside=["模糊"], not_beside=["擦", "小窗户帘"])) == found


def test_letters_count_only_as_a_word_of_their_own() -> None:
    assert _edits("来vx找我", said=["vx"])
    assert not _edits("来vxr找我", said=["vx"])


def test_of_overlapping_code_words_the_longest_counts() -> None:
    file = CodeWordsFile(
        price_words=(), length_words=(), words=(_code(), _code(said=["心灵小窗户"], meant="眼珠")), units=()
    )
    assert [e.meant for e in CodeWords(file).edits("心灵小窗户", ["code"], None)] == ["眼珠"]


def test_a_cost_of_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="cost"):
        _code(cost=0)


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        pytest.param("原来一百二十米一箱", "原来一百二十元一箱", id="a price by the box"),
        pytest.param("今天到手九十九米", "今天到手九十九元", id="a price today"),
        pytest.param("这根线三米长", "这根线三米长", id="a length"),
        pytest.param("今天这根线三米长到手九块九", "今天这根线三米长到手九块九", id="a length among prices"),
        pytest.param("身高一米七的穿", "身高一米七的穿", id="a height"),
        pytest.param("今天三十个人", "今天三十个人", id="people"),
        pytest.param("要八张毛爷爷", "要八百元", id="banknotes"),
        pytest.param("贴三张海报", "贴三张海报", id="sheets"),
    ],
)
def test_unit_codes_are_told_from_measures(policy: Policy, text: str, read_as: str) -> None:
    assert read(policy, text).text == read_as


def test_a_finding_shows_the_code_word_and_what_it_cost(speaker) -> None:  # type: ignore[no-untyped-def]
    conversation = speaker(HONEY).say("得了富贵病的每天喝一勺，三天就好。").conversation
    conversation.flush()
    finding = next(f for f in conversation.findings if f.class_id == "DISEASE_FOOD")
    assert finding.disposition is Disposition.FLAG
    assert ("code", "富贵病", "糖尿病") in {(m.kind, m.heard, m.meant) for m in finding.match}
    step = next(s for s in finding.score_steps if s.step.startswith("code:"))
    assert "富贵病" in step.step
    assert "cost 1" in step.step
    before = finding.score_steps[finding.score_steps.index(step) - 1]
    assert step.value < before.value


def test_an_expired_code_word_brings_no_finding(speaker) -> None:  # type: ignore[no-untyped-def]
    later = AT.replace(year=2031)
    conversation = speaker(HONEY, at=later).say("得了富贵病的每天喝一勺，三天就好。").conversation
    conversation.flush()
    assert not any(m.meant == "糖尿病" for f in conversation.findings for m in f.match)

"""Where goods come from, told in disguise, held against the record."""

import pytest

from claims.conversation import ClaimEngine
from claims.passport_load import read_passports
from claims.policy import Policy
from claims.types import Disposition, Passage
from tests.claims.support import AT

RECORD = {"id": "P", "name": "山核桃", "category": "food/nuts", "origin": "CN", "origin_region": "云南"}


def _flagged(text: str, policy: Policy) -> set[str]:
    passports = read_passports([RECORD], policy.quantity_reader, source="test")
    conversation = ClaimEngine(policy, passports, at=AT).conversation("s")
    conversation.hear(Passage(stream_id="s", id="p", start_ms=0, end_ms=4000, text=text, product_id="P"))
    conversation.flush()
    return {f.class_id for f in conversation.findings if f.disposition is Disposition.FLAG}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("产地🇦🇺,罐子底下印着", id="a flag"),
        pytest.param("riben的厂子出的", id="pinyin"),
        pytest.param("三点水一个折,再三点水一个工产的", id="parts of characters"),
        pytest.param("三点水加个去,后面跟个国字,那儿产的", id="parts and a character"),
        pytest.param("日、嗯那个、本的厂子出的", id="fillers"),
        pytest.param("产地奥大力亚", id="mis-heard"),
    ],
)
def test_a_place_in_disguise_is_held_against_the_record(text: str, policy: Policy) -> None:
    assert "ORIGIN" in _flagged(text, policy)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("yunnan的厂子出的", id="the registered place"),
        pytest.param("尺码最大的xxl", id="initials are no place"),
        pytest.param("xiao量今天还行", id="syllables of something else"),
        pytest.param("发过的货都在路上", id="what sounds like one"),
    ],
)
def test_what_is_no_other_place_is_not(text: str, policy: Policy) -> None:
    assert "ORIGIN" not in _flagged(text, policy)

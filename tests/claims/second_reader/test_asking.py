from dataclasses import replace

from claims.second_reader.asking import question
from claims.second_reader.types import Decided
from claims.types import Doubt
from tests.claims.second_reader.material import NOTE, SAID, material, passage, policy


def test_a_question_holds_class_law_exemptions_passport_and_neighbours() -> None:
    asked = question(material(decided=(Decided(quote="血糖就稳了", violates=True),)), policy())
    assert asked is not None
    data = dict(asked.data)
    assert data["passage"] == {"channel": "speech", "text": SAID, "claim": SAID}
    assert data["before"] == ["再看二号链接，荆条蜂蜜"]
    assert data["after"] == ["喜欢的点个关注"]
    assert data["goods"] == "food/honey"
    assert data["decided"] == [{"text": "血糖就稳了", "answer": "breach"}]
    assert "name: 枣花蜜" in str(data["passport"])
    assert "第十七条" in str(data["law"])
    assert data["exemptions"]
    assert asked.prompt == f"{policy().name}/second_reader@1"


def test_the_same_question_has_the_same_key_whatever_was_decided_meanwhile() -> None:
    plain, later = (
        question(material(decided=decided), policy()) for decided in ((), (Decided(quote="一样", violates=False),))
    )
    other = question(material(passages=[passage("u1", SAID + "了", start_ms=5000)]), policy())
    assert plain is not None
    assert later is not None
    assert other is not None
    assert plain.key("m") == later.key("m")
    assert len({plain.key("m"), plain.key("n"), other.key("m")}) == 3


def test_names_of_the_host_do_not_leave() -> None:
    said = [passage("u1", f"{SAID}，认准小岚优选", start_ms=5000)]
    asked = question(material(passages=said, private=("小岚优选", "h-4711")), policy())
    assert asked is not None
    assert "小岚" not in str(asked.messages)
    assert "认准主播" in str(asked.messages)


def test_doubted_words_are_offered_as_readings() -> None:
    heard = passage("u1", "老人家的雪堂稳住了", start_ms=5000, doubts=(Doubt(start=4, end=6, alternatives=("血糖",)),))
    asked = question(material(replace(NOTE, quote=heard.text), [heard]), policy())
    assert asked is not None
    assert asked.readings == ("老人家的雪堂稳住了", "老人家的血糖稳住了")


def test_nothing_is_asked_without_the_passage_or_by_a_policy_without_a_prompt() -> None:
    assert question(material(passages=[passage("u9", "别的话")]), policy()) is None

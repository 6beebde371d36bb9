"""A customer's own words: found in whatever form they are listed, allowed where nothing keeps the finding."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from bench.sample import SAMPLE
from claims.tenant_words import ALLOWED, ListedWord, WordList, Words, WordTerms
from claims.types import Disposition, Finding, Match, Passage, Unconfirmed, VerdictKind

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FLAG = replace(
    SAMPLE,
    class_id="RANK_FIRST",
    verdict=VerdictKind.BANNED,
    disposition=Disposition.FLAG,
    quote="第一制药的老牌子",
    match=(Match(kind="literal", heard="第一", meant="第一"),),
    exemptions=(),
)


def listed(word: str, kind: str = "block", **more: Any) -> ListedWord:
    named = {"class": "MEDICAL_TERMS"} if kind == "block" else {}
    return ListedWord.model_validate({"kind": kind, "word": word} | named | more)


def words(*found: ListedWord) -> Words:
    terms = {"MEDICAL_TERMS": WordTerms(law=("广告法 第十七条",), law_status="read", severity="high", advice="…")}
    return Words(WordList(words=found, terms=terms), "words@3")


def passage(text: str, id: str = "u1", **more: Any) -> Passage:
    return Passage(stream_id="s1", id=id, start_ms=0, end_ms=3000, text=text, **more)


def heard(word: ListedWord, text: str) -> list[str]:
    return [text[p.start : p.end] for _, places in words(word).found(text, NOW) for p in places]


@pytest.mark.parametrize(
    ("word", "match", "text", "said"),
    [
        ("减肥", "text", "帮你减肥", ["减肥"]),
        ("减肥", "text", "帮你減·肥", ["減·肥"]),
        ("减肥", "text", "帮你jian fei", []),
        ("减肥", "spelling", "帮你jian fei", ["jian fei"]),
        ("减肥", "spelling", "帮你减肥", ["减肥"]),
        ("减肥", "spelling", "帮你xjianfeiy", []),
        ("减肥", "sound", "帮你简飞", ["简飞"]),
        ("减肥", "sound", "帮你简单", []),
        ("ABC", "text", "买abc吧", ["abc"]),
        ("ABC", "text", "买abcd吧", []),
        ("第一", "text", "第一第一", ["第一", "第一"]),
    ],
)
def test_a_word_is_found_in_the_form_in_which_it_is_listed(word: str, match: str, text: str, said: list[str]) -> None:
    assert heard(listed(word, match=match), text) == said


def test_a_blocked_word_is_a_finding_of_its_class_and_said_again_it_is_counted() -> None:
    found = words(listed("减肥"))
    [first] = found.applied([passage("帮你减肥")], [], NOW, {})
    assert (first.class_id, first.verdict, first.disposition, first.severity) == (
        "MEDICAL_TERMS",
        VerdictKind.BANNED,
        Disposition.FLAG,
        "high",
    )
    assert (first.quote, first.law, first.policy, first.count) == ("减肥", ("广告法 第十七条",), "words@3", 1)
    known = {first.finding_id: first}
    [again] = found.applied([passage("真的减肥", "u2"), passage("减肥", "u3")], [], NOW, known)
    assert (again.finding_id, again.count, again.passage_ids) == (first.finding_id, 3, ("u1", "u2", "u3"))
    assert found.applied([passage("帮你减肥")], [], NOW, {again.finding_id: again}) == [again]
    assert found.ids([passage("减肥")], NOW) == {first.finding_id}


def test_a_watched_word_is_a_note_and_so_is_a_word_that_only_a_hint_brought_in() -> None:
    [watched] = words(listed("减肥", "watch")).applied([passage("减肥")], [], NOW, {})
    assert (watched.class_id, watched.disposition) == ("WATCHED_WORD", Disposition.NOTE)
    hinted = passage("帮你减肥", unconfirmed=(Unconfirmed(start=2, end=4, heard="捡肥"),))
    assert [one.disposition for one in words(listed("减肥")).applied([hinted], [], NOW, {})] == [Disposition.NOTE]


def test_a_word_that_has_ended_is_looked_for_no_longer() -> None:
    assert heard(listed("减肥", until="2026-11-24T20:00:01+08:00"), "减肥") == ["减肥"]
    assert heard(listed("减肥", until="2026-11-24T20:00:00+08:00"), "减肥") == []


def lowered(finding: Finding, word: ListedWord) -> tuple[Disposition, list[tuple[str, bool]]]:
    [found] = words(word).applied([], [finding], NOW, {})
    return found.disposition, [(trial.id, trial.applies) for trial in found.exemptions]


def test_a_finding_that_rests_on_an_allowed_word_alone_is_a_note() -> None:
    assert lowered(FLAG, listed("第一制药", "allow")) == (Disposition.NOTE, [(ALLOWED, True)])
    assert lowered(FLAG, listed("老牌子", "allow")) == (Disposition.FLAG, [])
    more = replace(FLAG, match=(*FLAG.match, Match(kind="literal", heard="老牌子", meant="老牌子")))
    assert lowered(more, listed("第一制药", "allow")) == (Disposition.FLAG, [])


@pytest.mark.parametrize("kept", [{"protected": True}, {"verdict": VerdictKind.CONTRADICTED}], ids=str)
def test_nothing_protected_is_allowed_away(kept: dict[str, Any]) -> None:
    assert lowered(replace(FLAG, **kept), listed("第一制药", "allow")) == (Disposition.FLAG, [(ALLOWED, False)])


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"kind": "block", "word": "减肥"}, "names the class"),
        ({"kind": "watch", "word": "减肥", "class": "ORIGIN"}, "only a word that is blocked has one"),
        ({"kind": "watch", "word": "!!"}, "has no letter"),
        ({"kind": "watch", "word": "abc", "match": "sound"}, "not of Chinese characters alone"),
        ({"kind": "watch", "word": "肥", "match": "sound"}, "one syllable"),
        ({"kind": "watch", "word": "减肥", "until": "2026-11-24T20:00:00"}, "has no offset"),
        ({"kind": "forbid", "word": "减肥"}, "kind"),
    ],
)
def test_a_word_that_can_not_be_listed_says_why(given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        ListedWord.model_validate(given)

"""Doubts from a recogniser's probabilities and its other readings."""

from asr.types import Alternative, Utterance, Word
from claims.obfuscation.doubts import doubts_of
from claims.passages import from_utterance
from claims.types import Doubt


def _utterance(*words: tuple[str, float], others: tuple[str, ...] = (), text: str | None = None) -> Utterance:
    return Utterance(
        stream_id="s1",
        start_ms=0,
        end_ms=1000,
        text="".join(said for said, _ in words) if text is None else text,
        words=tuple(Word(text=said, start_ms=0, end_ms=1000, probability=p) for said, p in words),
        confidence=0.8,
        model="m",
        alternatives=tuple(Alternative(text=other, score=-0.5) for other in others),
    )


def test_a_sure_utterance_with_one_reading_has_none() -> None:
    assert doubts_of(_utterance(("能", 0.9), ("根治", 0.8))) == ()


def test_an_unsure_word_is_a_doubt_without_alternatives() -> None:
    assert doubts_of(_utterance(("能", 0.9), ("跟制", 0.2))) == (Doubt(start=1, end=3),)


def test_other_readings_give_what_was_nearly_heard() -> None:
    utterance = _utterance(("能", 0.9), ("跟制", 0.2), ("失眠", 0.9), others=("能根治失眠", "能更值失眠", "能跟制失明"))
    assert doubts_of(utterance) == (
        Doubt(start=1, end=3, alternatives=("根治", "更值")),
        Doubt(start=4, end=5, alternatives=("明",)),
    )


def test_a_number_written_in_digits_or_in_words_is_no_doubt() -> None:
    words = (("十二", 0.9), ("个小时", 0.9), ("九成", 0.9))
    assert doubts_of(_utterance(*words, others=("12个小时九成",))) == ()
    assert doubts_of(_utterance(*words, others=("20个小时九成",))) == (Doubt(start=0, end=2, alternatives=("20",)),)
    assert doubts_of(_utterance(*words, others=("试二个小时九成",))) == (Doubt(start=0, end=1, alternatives=("试",)),)


def test_a_number_that_every_reading_has_is_not_unsure() -> None:
    words = (("用", 0.9), ("30", 0.2), ("天", 0.9), ("见效", 0.9))
    unsure = Doubt(start=1, end=3)
    assert doubts_of(_utterance(*words)) == (unsure,), "one reading alone says nothing of it"
    assert doubts_of(_utterance(*words, others=("用三十天见效", "用30天贱效"))) == (
        Doubt(start=4, end=5, alternatives=("贱",)),
    )
    assert unsure in doubts_of(_utterance(*words, others=("用300天见效",)))
    assert doubts_of(_utterance(*words, others=("用20天见效",))) == (Doubt(start=1, end=2, alternatives=("2",)),)


def test_beside_a_number_that_every_reading_has_only_the_rest_is_in_doubt() -> None:
    words = (("一只", 0.9), ("二百", 0.2), ("克", 0.9))
    (doubt,) = doubts_of(_utterance(*words, others=("一支200克",)))
    assert (doubt.start, doubt.end, doubt.alternatives) == (1, 2, ("支",))


def test_a_part_of_a_longer_number_is_in_doubt_as_it_stands() -> None:
    (doubt, *_) = doubts_of(_utterance(("一千", 0.9), ("二百克", 0.9), others=("一千200克",)))
    assert (doubt.start, doubt.end, doubt.alternatives) == (2, 4, ("200",))


def test_the_space_before_an_unsure_word_is_no_part_of_it() -> None:
    words = (("一整副", 0.9), (" 800", 0.2), ("克", 0.9))
    assert doubts_of(_utterance(*words)) == (Doubt(start=4, end=7),)
    assert doubts_of(_utterance(*words, others=("一整覆 800克",))) == (Doubt(start=2, end=3, alternatives=("覆",)),)


def test_characters_that_only_one_reading_has_replace_nothing() -> None:
    assert doubts_of(_utterance(("能失眠", 0.9), others=("能治失眠",))) == ()


def test_words_that_do_not_make_up_the_text_tell_nothing_of_places() -> None:
    assert doubts_of(_utterance(("跟制", 0.2), text="能跟制")) == ()


def test_a_passage_takes_over_the_doubts() -> None:
    utterance = _utterance(("能", 0.9), ("跟制", 0.2), others=("能根治",))
    assert from_utterance(utterance).doubts == (Doubt(start=1, end=3, alternatives=("根治",)),)

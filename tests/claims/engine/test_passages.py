"""A passage keeps when each word was said and where words stood on the picture."""

from asr.types import Utterance, Word
from claims.passages import from_frame_text, from_utterance
from claims.types import FrameBox, SpokenWord
from vision.types import Box, FrameText


def _utterance(text: str, *words: tuple[str, int, int]) -> Utterance:
    return Utterance(
        stream_id="s1",
        start_ms=1000,
        end_ms=3000,
        text=text,
        words=tuple(Word(text=said, start_ms=start, end_ms=end, probability=0.9) for said, start, end in words),
        confidence=0.9,
        model="m",
    )


def test_words_are_placed_in_the_text_with_their_times() -> None:
    passage = from_utterance(_utterance("一百瓦", ("一百", 1000, 1600), ("瓦", 1600, 2000)))
    assert passage.words == (
        SpokenWord(start=0, end=2, start_ms=1000, end_ms=1600),
        SpokenWord(start=2, end=3, start_ms=1600, end_ms=2000),
    )
    assert passage.box is None


def test_words_that_do_not_make_up_the_text_are_left_out() -> None:
    assert from_utterance(_utterance("一百瓦", ("一百", 1000, 1600))).words == ()


def test_words_on_screen_keep_their_box() -> None:
    box = Box(left=10, top=20, right=110, bottom=50)
    text = FrameText(
        stream_id="s1",
        start_ms=0,
        end_ms=10,
        box=box,
        text="65W",
        score=0.9,
        model="m",
        best_at_ms=0,
        best_box=box,
    )
    assert from_frame_text(text).box == FrameBox(left=10, top=20, right=110, bottom=50)

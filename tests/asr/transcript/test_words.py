"""Pieces of text become words that join to the text and stay in order."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asr.recogniser import Cut
from asr.transcript.words import Piece, keep, respell, to_words

CUT = Cut(
    stream_id="s1",
    start_ms=10_000,
    end_ms=12_000,
    speech_start_ms=10_200,
    speech_end_ms=11_800,
    samples=np.zeros(32_000, np.float32),
)


def piece(text: str, start_s: float = 0.5, end_s: float = 0.7) -> Piece:
    return Piece(text=text, start_s=start_s, end_s=end_s, probability=0.9)


pieces = st.lists(st.builds(piece, st.text("真言ab，。 ", min_size=1, max_size=3), st.floats(0, 3), st.floats(0, 3)))


@given(pieces)
def test_words_join_to_the_text_in_order_within_the_speech(some: list[Piece]) -> None:
    words = to_words(some, CUT)
    assert "".join(word.text for word in words) == "".join(one.text for one in some)
    for before, after in pairwise(words):
        assert before.start_ms <= after.start_ms
    assert all(10_200 <= word.start_ms <= word.end_ms <= 11_800 for word in words)


def test_punctuation_belongs_to_the_word_before() -> None:
    assert [word.text for word in to_words([piece("好"), piece("，"), piece("来"), piece("。")], CUT)] == [
        "好，",
        "来。",
    ]


def test_respelling_sees_the_whole_text() -> None:
    assert [one.text for one in respell([piece("a"), piece("bc")], str.upper)] == ["A", "BC"]


def test_respelling_that_changes_the_length_goes_piece_by_piece() -> None:
    assert [one.text for one in respell([piece("a"), piece("b")], lambda text: text * 2)] == ["aa", "bb"]


def test_only_kept_characters_stay_and_empty_pieces_go() -> None:
    assert [one.text for one in keep([piece("ab"), piece("c")], [False, True, False])] == ["b"]

"""From aligned pieces of text to words on the stream clock; pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from asr.recogniser import Cut
from asr.types import Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of recognised text; times in seconds since the start of its cut."""

    text: str
    start_s: float
    end_s: float
    probability: float


def respell(pieces: Sequence[Piece], spell: Callable[[str], str]) -> list[Piece]:
    """The same pieces with their text as a whole respelt, or piece by piece where that changes its length."""
    text = "".join(piece.text for piece in pieces)
    respelt = spell(text)
    if len(respelt) != len(text):
        return [_with_text(piece, spell(piece.text)) for piece in pieces]
    result = []
    position = 0
    for piece in pieces:
        result.append(_with_text(piece, respelt[position : position + len(piece.text)]))
        position += len(piece.text)
    return result


def keep(pieces: Sequence[Piece], kept: Sequence[bool]) -> list[Piece]:
    """The pieces with only the kept characters of their joined text; pieces that become empty go."""
    result = []
    position = 0
    for piece in pieces:
        stays = kept[position : position + len(piece.text)]
        text = "".join(character for character, stay in zip(piece.text, stays, strict=True) if stay)
        position += len(piece.text)
        if text:
            result.append(_with_text(piece, text))
    return result


def to_words(pieces: Sequence[Piece], cut: Cut) -> tuple[Word, ...]:
    """Words within the cut's speech, in order; joined they are the text, punctuation belongs to the word before."""
    words: list[Word] = []
    earliest_ms, end_ms = cut.speech_start_ms, cut.speech_end_ms
    for piece in pieces:
        if words and not any(character.isalnum() for character in piece.text):
            before = words[-1]
            words[-1] = Word(
                text=before.text + piece.text,
                start_ms=before.start_ms,
                end_ms=before.end_ms,
                probability=before.probability,
            )
            continue
        word_start_ms = min(max(cut.start_ms + round(piece.start_s * 1000), earliest_ms), end_ms)
        word_end_ms = min(max(cut.start_ms + round(piece.end_s * 1000), word_start_ms), end_ms)
        earliest_ms = word_start_ms
        words.append(Word(text=piece.text, start_ms=word_start_ms, end_ms=word_end_ms, probability=piece.probability))
    return tuple(words)


def _with_text(piece: Piece, text: str) -> Piece:
    return Piece(text=text, start_s=piece.start_s, end_s=piece.end_s, probability=piece.probability)

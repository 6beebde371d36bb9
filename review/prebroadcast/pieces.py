"""Cuts a text into passages that know their place in it: sentences of a script or page, captions of a caption file."""

import re
from bisect import bisect_left
from collections.abc import Iterator

import pysubs2

from claims.types import Channel, Passage
from review.prebroadcast.errors import CheckRefused
from review.prebroadcast.types import Piece, TextKind

STREAM = "before"
_SENTENCE = re.compile(r"[^。！？!?\n；;]*[。！？!?\n；;]*")
_CHAR_MS = 220
_PAUSE_MS = 300
_MOST_CHARS = 240
_LATEST_MS = 48 * 3_600_000


def cut(text: str, kind: TextKind) -> tuple[Piece, ...]:
    """The text's passages in order; CheckRefused where captions can't be read.

    The times of a script are those of somebody who reads it at about 270 characters a minute; claims may run over two
    sentences, as in speech. Each sentence of a page stands for itself.
    """
    if kind is TextKind.CAPTIONS:
        return tuple(_captions(text))
    return tuple(_sentences(text, "speech" if kind is TextKind.SCRIPT else "screen"))


def _sentences(text: str, channel: Channel) -> Iterator[Piece]:
    at_ms = 0
    lines = Lines(text)
    for start, end in _spans(text):
        said = text[start:end]
        until_ms = min(_LATEST_MS, at_ms + len(said) * _CHAR_MS)
        yield _piece(text, lines, start, end, channel, at_ms, until_ms)
        at_ms = min(_LATEST_MS, until_ms + _PAUSE_MS)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """The sentences without the white space around them; one that never ends is cut where it gets too long."""
    for match in _SENTENCE.finditer(text):
        for start in range(match.start(), match.end(), _MOST_CHARS):
            part = text[start : min(match.end(), start + _MOST_CHARS)]
            said = part.strip()
            if said:
                begin = start + part.index(said[0])
                yield begin, begin + len(said)


def _captions(text: str) -> Iterator[Piece]:
    try:
        captions = pysubs2.SSAFile.from_string(text)
    except (pysubs2.exceptions.Pysubs2Error, ValueError) as error:
        raise CheckRefused("text", "can't be read as captions; send SRT, WebVTT or ASS, or another kind") from error
    place = 0
    lines_of_text = Lines(text)
    for event in captions:
        said = event.plaintext.strip()
        if not said or event.is_comment:
            continue
        lines = said.splitlines()
        start = text.find(lines[0].strip(), place)
        if start < 0:
            start = place
        last = text.find(lines[-1].strip(), start)
        end = start + len(lines[0]) if last < 0 else last + len(lines[-1].strip())
        place = end
        begin_ms = min(_LATEST_MS, max(0, event.start))
        yield _piece(
            text,
            lines_of_text,
            start,
            end,
            "speech",
            begin_ms,
            min(_LATEST_MS, max(begin_ms, event.end)),
            said="".join(line.strip() for line in lines),
        )


class Lines:
    """Knows on which line of a text a character stands, without counting from the beginning each time."""

    def __init__(self, text: str) -> None:
        self._ends = [match.start() for match in re.finditer("\n", text)]

    def at(self, place: int) -> int:
        """The line, from 1."""
        return bisect_left(self._ends, place) + 1


def _piece(
    text: str,
    lines: Lines,
    start: int,
    end: int,
    channel: Channel,
    start_ms: int,
    end_ms: int,
    *,
    said: str | None = None,
) -> Piece:
    passage = Passage(
        stream_id=STREAM,
        id=f"p{start}",
        channel=channel,
        start_ms=start_ms,
        end_ms=end_ms,
        text=text[start:end] if said is None else said,
    )
    return Piece(passage=passage, start=start, end=end, line=lines.at(start))

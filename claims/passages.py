"""Utterances and texts on screen as passages: all that claim understanding needs of them."""

from claims.obfuscation.doubts import doubts_of
from claims.transcript import TranscriptUtterance
from claims.types import FrameBox, Passage, PlatformFact, SpokenWord, Unconfirmed
from vision.layout.types import Joined, RoomMark
from vision.types import Box, FrameText

_GENERATED = "generated_presenter"
# A label that flashed by says nothing of a presenter.
_STOOD_MS = 10_000


def from_utterance(utterance: TranscriptUtterance) -> Passage:
    """The utterance as a passage of speech."""
    return Passage(
        stream_id=utterance.stream_id,
        id=utterance.utterance_id,
        channel="speech",
        start_ms=utterance.start_ms,
        end_ms=utterance.end_ms,
        text=utterance.text,
        unconfirmed=tuple(
            Unconfirmed(start=term.start, end=term.end, heard=term.heard)
            for term in utterance.biased
            if not term.confirmed
        ),
        doubts=doubts_of(utterance),
        words=_words(utterance),
    )


def from_frame_text(text: FrameText) -> Passage:
    """The words on screen as a passage."""
    return Passage(
        stream_id=text.stream_id,
        id=text.frame_text_id,
        channel="screen",
        start_ms=text.start_ms,
        end_ms=text.end_ms,
        text=text.text,
        box=_box(text.box),
    )


def from_joined(joined: Joined) -> Passage:
    """Words on screen that mean something together, as a passage."""
    return Passage(
        stream_id=joined.stream_id,
        id=joined.joined_id,
        channel="screen",
        start_ms=joined.start_ms,
        end_ms=joined.end_ms,
        text=joined.text,
        box=_box(joined.box),
    )


def fact_of(mark: RoomMark) -> PlatformFact | None:
    """What a mark says for certain: that the room labels its presenter as generated; None for other marks."""
    if mark.kind != _GENERATED or mark.last_ms - mark.first_ms < _STOOD_MS:
        return None
    return PlatformFact(stream_id=mark.stream_id, at_ms=mark.first_ms, kind="ai_label", value=True)


def _words(utterance: TranscriptUtterance) -> tuple[SpokenWord, ...]:
    """When each word was said; none where the words don't make up the text."""
    if "".join(word.text for word in utterance.words) != utterance.text:
        return ()
    placed = []
    end = 0
    for word in utterance.words:
        start, end = end, end + len(word.text)
        placed.append(SpokenWord(start=start, end=end, start_ms=word.start_ms, end_ms=word.end_ms))
    return tuple(placed)


def _box(box: Box) -> FrameBox:
    return FrameBox(left=box.left, top=box.top, right=box.right, bottom=box.bottom)

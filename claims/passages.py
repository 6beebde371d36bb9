"""Utterances and texts on screen as passages: all that claim understanding needs of them."""

from asr.types import Utterance
from claims.types import Passage, Unconfirmed
from vision.types import FrameText


def from_utterance(utterance: Utterance) -> Passage:
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
    )

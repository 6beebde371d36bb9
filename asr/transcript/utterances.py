"""From what an engine read in a cut to an utterance: cleaned, placed, with what was nearly heard. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from asr.recogniser import Cut, RecognitionCounts
from asr.transcript.hallucinations import Bias, Decoded, is_invented, is_runaway, kept_characters
from asr.transcript.hotwords import take_terms
from asr.transcript.pauses import find_pauses, settle_at_pauses
from asr.transcript.words import Piece, keep, to_words
from asr.types import Alternative, Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptedTerms:
    """What was heard with `terms` before the ear."""

    decoded: Decoded
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """All that an engine made of one cut: the best reading in pieces, the next best, and the told one if any."""

    decoded: Decoded
    pieces: Sequence[Piece]
    alternatives: Sequence[Decoded] = ()
    prompted: PromptedTerms | None = None


def to_utterance(
    cut: Cut, readings: Readings, *, bias: Bias, model: str, counts: RecognitionCounts
) -> Utterance | None:
    """The utterance, or None where nothing of it was said; keeps the counts."""
    counts.cut_count += 1
    pieces: list[Piece] = []
    if not is_invented(readings.decoded, bias):
        pieces = keep(readings.pieces, kept_characters(readings.decoded, bias))
    if not pieces:
        counts.invented_count += 1
        return None
    words = settle_at_pauses(to_words(pieces, cut), find_pauses(cut))
    text = "".join(word.text for word in words)
    utterance = Utterance(
        stream_id=cut.stream_id,
        start_ms=cut.speech_start_ms,
        end_ms=cut.speech_end_ms,
        text=text,
        words=words,
        confidence=sum(word.probability for word in words) / len(words),
        model=model,
        alternatives=_alternatives(text, readings.alternatives, bias),
    )
    prompted = readings.prompted
    if prompted is None or is_runaway(prompted.decoded) or is_invented(prompted.decoded, Bias(hotwords=prompted.terms)):
        return utterance
    utterance = take_terms(utterance, prompted.decoded.text, prompted.terms)
    counts.biased_count += len(utterance.biased)
    counts.confirmed_count += sum(term.confirmed for term in utterance.biased)
    return utterance


def _alternatives(text: str, readings: Sequence[Decoded], bias: Bias) -> tuple[Alternative, ...]:
    """Readings that differ from the text and from each other in more than punctuation, best first."""
    seen = {_said(text)}
    found: list[Alternative] = []
    for reading in readings:
        kept = kept_characters(reading, bias)
        other = "".join(character for character, stays in zip(reading.text, kept, strict=True) if stays)
        if other and _said(other) not in seen:
            seen.add(_said(other))
            found.append(Alternative(text=other, score=reading.avg_logprob))
    return tuple(found)


def _said(text: str) -> str:
    return "".join(filter(str.isalnum, text))

"""Follows lines over time: the same words in the same place are one text, handed on once."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from vision.types import Box, FrameText, TextLine

SIGHTINGS_TO_CONFIRM = 2
MISSES_TO_CLOSE = 2
FLASH_SCORE = 0.8

_RIVAL_LIKENESS = 0.6
_OVERLAP = 0.5
_POINT_OUTSIDE_NUMBER = re.compile(r"(?<!\d)\.|\.(?!\d)")


def words_of(text: str) -> str:
    """The letters, digits and signs that carry meaning, width and case folded: what makes two readings the same."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(sign for sign in folded if sign in "%." or not _is_filler(sign))
    return _POINT_OUTSIDE_NUMBER.sub("", kept)


def _is_filler(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign).startswith("P")


def _digits(words: str) -> str:
    return "".join(sign for sign in words if sign.isdigit() or sign == ".")


@dataclass(slots=True, kw_only=True, eq=False)
class _Track:
    """One reading in one place, as long as it stands."""

    words: str
    best: TextLine
    first_box: Box
    last_box: Box
    start_ms: int
    end_ms: int
    sightings: int
    readings: int
    score_sum: float
    misses: int = 0
    handed_on: bool = False

    def see(self, line: TextLine, at_ms: int) -> None:
        if line.score > self.best.score:
            self.best = line
        self.last_box, self.end_ms, self.misses = line.box, at_ms, 0
        self.sightings += 1
        self.readings += 1
        self.score_sum += line.score


class ScreenTracker:
    """The texts of one stream's screen, for one caller at a time.

    A text is handed on once: when its words have been seen twice, or when they go after one clear sight. Of two
    similar readings of one place, with the same digits, the one that stays wins and takes over the earlier start.
    """

    def __init__(self, stream_id: str, model: str) -> None:
        self._stream_id = stream_id
        self._model = model
        self._tracks: list[_Track] = []

    def see(self, at_ms: int, lines: Sequence[TextLine]) -> list[FrameText]:
        """The texts newly confirmed or newly gone with this reading; `end_ms` is when they were last seen so far."""
        seen = self._sort_in(at_ms, lines)
        for track in self._tracks:
            if track not in seen:
                track.misses += 1
        self._drop_beaten_rivals(seen)
        gone = [track for track in self._tracks if track.misses >= (MISSES_TO_CLOSE if track.handed_on else 1)]
        flashes = [track for track in gone if self._is_flash(track)]
        self._tracks = [track for track in self._tracks if track not in gone]
        return self._hand_on(flashes) + self._hand_on_confirmed()

    def stand(self, at_ms: int) -> list[FrameText]:
        """The texts newly confirmed because the screen has not changed since it was last read."""
        for track in self._tracks:
            if track.misses == 0:
                track.end_ms = at_ms
                track.sightings += 1
        return self._hand_on_confirmed()

    def flush(self) -> list[FrameText]:
        """The texts seen once when the stream ends; nothing is followed after that."""
        rest = self._hand_on([track for track in self._tracks if self._is_flash(track)])
        self._tracks = []
        return rest

    def _sort_in(self, at_ms: int, lines: Sequence[TextLine]) -> set[_Track]:
        seen: set[_Track] = set()
        for line in lines:
            words = words_of(line.text)
            if not words:
                continue
            same = [
                track
                for track in self._tracks
                if track not in seen and track.words == words and _overlap(track.last_box, line.box, grown=True)
            ]
            if same:
                track = max(same, key=lambda known: known.sightings)
                track.see(line, at_ms)
            else:
                track = _new_track(words, line, at_ms)
                self._tracks.append(track)
            seen.add(track)
        return seen

    def _drop_beaten_rivals(self, seen: set[_Track]) -> None:
        beaten = []
        for rival in self._tracks:
            if rival in seen or rival.handed_on:
                continue
            winner = next((t for t in self._tracks if t in seen and _are_rivals(t, rival)), None)
            if winner is not None:
                if not winner.handed_on:
                    winner.start_ms = min(winner.start_ms, rival.start_ms)
                beaten.append(rival)
        self._tracks = [track for track in self._tracks if track not in beaten]

    def _hand_on_confirmed(self) -> list[FrameText]:
        return self._hand_on(track for track in self._tracks if not track.handed_on and self._is_confirmed(track))

    def _is_confirmed(self, track: _Track) -> bool:
        """Whether it was seen twice; what looks like a slip in reading a text that stands must be read twice."""
        return (track.readings if self._may_be_slip(track) else track.sightings) >= SIGHTINGS_TO_CONFIRM

    def _is_flash(self, track: _Track) -> bool:
        """Whether one sight of it was clear enough to hand on."""
        return not track.handed_on and track.best.score >= FLASH_SCORE and not self._may_be_slip(track)

    def _may_be_slip(self, track: _Track) -> bool:
        return any(known.handed_on and known.misses > 0 and _are_rivals(known, track) for known in self._tracks)

    def _hand_on(self, tracks: Iterable[_Track]) -> list[FrameText]:
        texts = []
        for track in tracks:
            track.handed_on = True
            texts.append(
                FrameText(
                    stream_id=self._stream_id,
                    start_ms=track.start_ms,
                    end_ms=track.end_ms,
                    box=track.first_box,
                    text=track.best.text,
                    score=round(track.score_sum / track.readings, 4),
                    model=self._model,
                )
            )
        return texts


def _new_track(words: str, line: TextLine, at_ms: int) -> _Track:
    return _Track(
        words=words,
        best=line,
        first_box=line.box,
        last_box=line.box,
        start_ms=at_ms,
        end_ms=at_ms,
        sightings=1,
        readings=1,
        score_sum=line.score,
    )


def _are_rivals(one: _Track, other: _Track) -> bool:
    """Whether two readings are tries at the same words: alike, in one place, and with no digit different."""
    return (
        _overlap(one.last_box, other.last_box)
        and _digits(one.words) == _digits(other.words)
        and SequenceMatcher(None, one.words, other.words, autojunk=False).ratio() >= _RIVAL_LIKENESS
    )


def _overlap(one: Box, other: Box, *, grown: bool = False) -> bool:
    """Whether the boxes share half of the smaller; `grown` lets a text drift by its own height between two reads."""
    reach = max(one.bottom - one.top, other.bottom - other.top) if grown else 0
    width = min(one.right, other.right) - max(one.left, other.left) + reach
    height = min(one.bottom, other.bottom) - max(one.top, other.top) + reach
    if width <= 0 or height <= 0:
        return False
    smaller = min(_area(one), _area(other))
    return width * height >= _OVERLAP * smaller


def _area(box: Box) -> int:
    return max(1, (box.right - box.left) * (box.bottom - box.top))

"""Follows lines over time: the same words in the same place are one text, handed on once when it is sure.

Cheap readings follow a text; before the seller's words are handed on, the accurate reader looks at the clearest strip.
Where the two differ it looks again at the next sight, and the readings are voted over.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vision.boxes import Move, coincide, has_moved, is_piece, moved_up, overlap, within
from vision.ocr.crops import strip_of
from vision.ocr.words import are_alike, words_of
from vision.tracking.likeness import LIKE, LIKE_NUMBERS, likeness_of, show_the_same
from vision.tracking.track import SHORT, Track
from vision.types import Box, Reading, TextLine

SIGHTINGS_TO_CONFIRM = 2
MISSES_TO_CLOSE = 2
# One sight of a text is enough where it was this clear and stood between two reads.
FLASH_SCORE = 0.8
# A text that comes back to its place this soon blinks: it is the same text.
RETURN_MS = 5_000
CHECK_NUMBERS_MS = 1_900

_AS_LONG = 0.75
# What was read no surer than this may have wrong digits.
_GUESS = 0.89


class ScreenTracker:
    """The texts of one stream's screen, for one caller at a time; `moves` are those that the last reading showed.

    A text is due when its words have been seen twice, or when they go after one clear sight. Of two similar readings
    of one place, with the same digits, the one that stays wins and takes over the earlier start.
    """

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._gone: list[Track] = []
        self._over: list[Track] = []
        self.moves: tuple[Move, ...] = ()

    @property
    def visible(self) -> tuple[Track, ...]:
        """What is on screen as far as is known."""
        return tuple(track for track in self._tracks if track.misses == 0)

    def to_read_again(self, at_ms: int, image: NDArray[np.uint8]) -> list[Box]:
        """Where lines stand that could not be told surely from how they showed, and numbers that show otherwise now."""
        boxes = []
        for track in self.visible:
            if track.is_doubted and not track.is_refused:
                boxes.append(track.last_box)
            elif track.is_delicate and at_ms - track.checked_at_ms >= CHECK_NUMBERS_MS:
                track.checked_at_ms = at_ms
                if not _shows(track, image):
                    boxes.append(track.last_box)
        return boxes

    def recall(self, at_ms: int, box: Box, image: NDArray[np.uint8]) -> TextLine | None:
        """The line known to stand there already, if the frame looks the same in its place and it was read lately.

        What is found to go on beyond it is another line: the known one was a part of it.
        """
        for track in (*self._tracks, *self._gone):
            if track.is_doubted or at_ms - track.read_at_ms >= track.reread_ms or not coincide(track.last_box, box):
                continue
            if _long(track.last_box) < _AS_LONG * _long(box):
                continue
            if _shows(track, image):
                return replace(track.best, box=track.last_box, place=track.place)
        return None

    def wholes(self, boxes: Sequence[Box]) -> dict[int, TextLine]:
        """The known lines of which these boxes (by their index) may be but pieces, as they were read best."""
        found: dict[int, TextLine] = {}
        for index, box in enumerate(boxes):
            tracks = [track for track in self.visible if track.place is not None and is_piece(box, track.last_box)]
            if tracks:
                track = max(tracks, key=lambda known: _long(known.last_box))
                found[index] = replace(track.best, place=track.place)
        return found

    def see(
        self,
        at_ms: int,
        lines: Sequence[TextLine],
        *,
        recalled: Iterable[int] = (),
        regions: Sequence[Box] = (),
    ) -> list[Track]:
        """The texts that are due now, on standing ones and ones that went.

        `recalled` are the indices of lines that were not read anew. Outside `regions` (if any) everything stood still.
        """
        seen = self._sort_in(at_ms, lines, frozenset(recalled))
        for track in self._tracks:
            if track in seen:
                continue
            if regions and not any(within(track.last_box, region) for region in regions):
                _stood(track, at_ms)
            else:
                track.misses += 1
        self._drop_beaten_rivals(seen)
        flashes = self._close(at_ms)
        return [*flashes, *self._ready()]

    def stand(self, at_ms: int) -> list[Track]:
        """The texts that are due because the screen has not changed since it was last read."""
        for track in self._tracks:
            _stood(track, at_ms)
        return self._ready()

    def flush(self) -> list[Track]:
        """The texts seen once, clearly, when the stream ends; nothing is followed after that."""
        rest = [track for track in self._tracks if self._is_flash(track) or self._is_handed_on_late(track)]
        for track in self._tracks:
            track.is_over = True
        self._over += [track for track in (*self._gone, *self._tracks) if track.handed_on]
        self._tracks, self._gone = [], []
        return rest

    def take_over(self) -> list[Track]:
        """The texts that were handed on and have gone for good since this was last asked."""
        over, self._over = self._over, []
        return over

    def settle(self, track: Track, reading: Reading) -> bool:
        """Counts an accurate reading of a text that is due; whether it is sure now and was not handed on before.

        The same words handed on before for this place take over its span.
        """
        if not track.is_doubted:
            track.vote(reading)
        if not track.texts or not (track.is_settled or track.is_over):
            track.is_doubted = True
            return False
        track.handed_on = True
        words = words_of(track.text)
        for known in (*self._tracks, *self._gone):
            if (
                known is not track
                and known.handed_on
                and known.role is track.role
                and words_of(known.text) == words
                and _is_near(known, track.last_box)
            ):
                known.end_ms = max(known.end_ms, track.end_ms)
                return False
        return True

    def _sort_in(self, at_ms: int, lines: Sequence[TextLine], recalled: frozenset[int]) -> set[Track]:
        seen: set[Track] = set()
        moves: list[Move] = []
        for index, line in enumerate(lines):
            words = words_of(line.text)
            if not words:
                continue
            track = self._known(words, line.box, seen)
            if track is None:
                track = _new_track(words, line, at_ms)
                self._tracks.append(track)
            else:
                if track in self._gone:
                    self._gone.remove(track)
                    self._tracks.append(track)
                    track.is_over = False
                if has_moved(track.last_box, line.box):
                    moves.append(Move(text=line.text, before=track.last_box, after=line.box))
                track.see(line, at_ms, read=index not in recalled)
            seen.add(track)
        self.moves = tuple(moves)
        return seen

    def _known(self, words: str, box: Box, seen: set[Track]) -> Track | None:
        same = [track for track in (*self._tracks, *self._gone) if track not in seen and track.words == words]
        near = [track for track in same if _is_near(track, box)]
        if near:
            return max(near, key=lambda known: known.sightings)
        return next((track for track in same if track in self._tracks and moved_up(track.last_box, box)), None)

    def _close(self, at_ms: int) -> list[Track]:
        """Puts away what is no longer seen; gives what was seen once and clearly."""
        closing = [track for track in self._tracks if track.misses >= (MISSES_TO_CLOSE if track.handed_on else 1)]
        flashes = [track for track in closing if self._is_flash(track) or self._is_handed_on_late(track)]
        self._tracks = [track for track in self._tracks if track not in closing]
        for track in closing:
            track.is_over = True
        self._gone += [track for track in closing if track.handed_on or track in flashes]
        past = [track for track in self._gone if at_ms - track.end_ms > RETURN_MS]
        self._over += [track for track in past if track.handed_on]
        self._gone = [track for track in self._gone if track not in past]
        return flashes

    def _drop_beaten_rivals(self, seen: set[Track]) -> None:
        beaten = []
        for rival in self._tracks:
            if rival in seen or rival.handed_on:
                continue
            same = next((t for t in self._tracks if t in seen and _are_rivals(t, rival)), None)
            winner = same or next((t for t in self._tracks if t in seen and _is_guess_at(rival, t)), None)
            if winner is not None:
                if not winner.handed_on:
                    winner.take_over(rival, with_sightings=same is None)
                beaten.append(rival)
        self._tracks = [track for track in self._tracks if track not in beaten]

    def _ready(self) -> list[Track]:
        return [
            track
            for track in self._tracks
            if not (track.handed_on or track.is_refused or track.is_doubted)
            and track.misses == 0
            and self._is_confirmed(track)
        ]

    def _is_confirmed(self, track: Track) -> bool:
        """Whether it was seen twice; what looks like a slip in reading a text that stands must be read twice."""
        return (track.readings if self._may_be_slip(track) else track.sightings) >= SIGHTINGS_TO_CONFIRM

    def _is_flash(self, track: Track) -> bool:
        """Whether one sight of it was clear enough to hand on."""
        return (
            not track.handed_on
            and not track.is_refused
            and len(track.words) > SHORT
            and track.best.score >= FLASH_SCORE
            and not self._may_be_slip(track)
        )

    def _is_handed_on_late(self, track: Track) -> bool:
        """Whether it went before the readings agreed: what leads then is its words."""
        return track.is_doubted and not track.handed_on and bool(track.texts) and self._is_confirmed(track)

    def _may_be_slip(self, track: Track) -> bool:
        return any(
            known.handed_on and known.misses > 0 and known.words not in track.words and _are_rivals(known, track)
            for known in self._tracks
        )


def _shows(track: Track, image: NDArray[np.uint8]) -> bool:
    """Whether the frame looks in the text's place as it did when the text was read."""
    if track.likeness is None or track.place is None:
        return False
    now = likeness_of(strip_of(image, track.place))
    return show_the_same(track.likeness, now, at_least=LIKE_NUMBERS if track.is_delicate else LIKE)


def _is_near(track: Track, box: Box) -> bool:
    """Whether the box is as long and where the text stands, give or take its height; what was gone comes back there."""
    known = track.last_box
    long, longer = sorted((_long(known), _long(box)))
    if long < _AS_LONG * longer:
        return False
    return coincide(known, box) if track.misses else overlap(known, box, grown=True)


def _long(box: Box) -> int:
    return max(box.width, box.height)


def _stood(track: Track, at_ms: int) -> None:
    if track.misses == 0:
        track.end_ms = at_ms
        track.sightings += 1


def _new_track(words: str, line: TextLine, at_ms: int) -> Track:
    track = Track(
        words=words,
        best=line,
        best_at_ms=at_ms,
        first_box=line.box,
        last_box=line.box,
        start_ms=at_ms,
        end_ms=at_ms,
        read_at_ms=at_ms,
        checked_at_ms=at_ms,
        score_sum=line.score,
    )
    track.remember(line)
    return track


def _are_rivals(one: Track, other: Track) -> bool:
    """Whether two readings are tries at the same words in one place."""
    return overlap(one.last_box, other.last_box) and are_alike(one.words, other.words)


def _is_guess_at(rival: Track, other: Track) -> bool:
    """Whether an unclear reading was a try at what stands there now read otherwise; its digits too were a guess."""
    if not (rival.is_doubted or rival.best.score < _GUESS) or not coincide(rival.last_box, other.last_box):
        return False
    return are_alike(rival.words, other.words, whatever_digits=True)

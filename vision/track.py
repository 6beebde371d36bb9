"""Follows lines over time: the same words in the same place are one text, handed on once when it is sure.

Cheap readings follow a text; before the seller's words are handed on, the accurate reader looks at the clearest strip.
Where the two differ it looks again at the next sight, and the readings are voted over.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vision.crops import strip_of
from vision.places import Move, has_moved, moved_up, overlap, within
from vision.recognise import Reading
from vision.same import LIKE, LIKE_NUMBERS, Likeness, likeness_of, show_the_same
from vision.types import Box, Place, Role, TextLine
from vision.words import are_alike, is_pattern, words_of

SIGHTINGS_TO_CONFIRM = 2
MISSES_TO_CLOSE = 2
# One sight of a text is enough where it was this clear and stood between two reads.
FLASH_SCORE = 0.8
# A text that comes back to its place this soon blinks: it is the same text.
RETURN_MS = 5_000
# Strips that look the same are read again all the same after this long: an 8 that became a 6 looks much the same.
REREAD_MS = 18_000
REREAD_NUMBERS_MS = 6_000

_SURE = 0.8
_SURE_SHORT = 0.92
_SHORT = 2
_LONGEST_LETTER = 2.0
_ACCURATE_WEIGHT = 1.5
_LEAD = 0.8
_MOST_LOOKS = 3


@dataclass(slots=True, kw_only=True, eq=False)
class Track:
    """One reading in one place, as long as it stands; `words` is the cheap reading, `text` the one that won."""

    words: str
    best: TextLine
    best_at_ms: int
    first_box: Box
    last_box: Box
    start_ms: int
    end_ms: int
    read_at_ms: int
    sightings: int = 1
    readings: int = 1
    score_sum: float = 0.0
    misses: int = 0
    handed_on: bool = False
    is_over: bool = False
    has_risen: bool = False
    rises_beside: int = 0
    role: Role = Role.SELLER
    looks: int = 0
    refusals: int = 0
    votes: dict[str, float] = field(default_factory=dict)
    texts: dict[str, Reading] = field(default_factory=dict)
    place: Place | None = None
    likeness: Likeness | None = None

    @property
    def text(self) -> str:
        """The words that won, or the cheap reading while none has."""
        won = self.winner
        return self.texts[won].text if won else self.best.text

    @property
    def reread_ms(self) -> int:
        """How long a reading holds while the strip looks the same."""
        return REREAD_NUMBERS_MS if self.has_digits else REREAD_MS

    @property
    def has_digits(self) -> bool:
        """Whether a small change in it may matter much."""
        return any(sign.isdigit() for sign in self.words)

    @property
    def winner(self) -> str:
        """The words that lead among those that the accurate reader gave; empty before it looked."""
        weights = self._weights()
        return max(self.texts, key=lambda words: weights[words], default="")

    def _weights(self) -> dict[str, float]:
        """The votes, the cheap reading's among them."""
        return {**self.votes, self.words: self.votes.get(self.words, 0.0) + self.score_sum / self.readings}

    def see(self, line: TextLine, at_ms: int, *, read: bool = True) -> None:
        """Notes another sight; `read` unless the words were taken over because the strip looked the same."""
        # A later sight as clear as the best is taken, since texts often fade in.
        if read and line.score >= self.best.score - 0.005:
            self.best, self.best_at_ms = line, at_ms
        self.has_risen = self.has_risen or moved_up(self.last_box, line.box)
        self.last_box, self.end_ms, self.misses = line.box, at_ms, 0
        self.sightings += 1
        if read:
            self.readings += 1
            self.score_sum += line.score
            self.read_at_ms = at_ms
            self.remember(line)

    def remember(self, line: TextLine) -> None:
        """Keeps what later frames are compared with."""
        self.place = line.place
        self.likeness = likeness_of(line.strip) if line.strip is not None else None

    def vote(self, reading: Reading) -> None:
        """Counts an accurate reading."""
        self.looks += 1
        words = words_of(reading.text)
        seen_once = self.sightings == 1
        needed = _SURE_SHORT if len(words) <= _SHORT or seen_once else _SURE
        if not words or reading.score < needed or not self._holds(words) or is_pattern(words):
            self.refusals += 1
            return
        self.votes[words] = self.votes.get(words, 0.0) + _ACCURATE_WEIGHT * reading.score
        known = self.texts.get(words)
        if known is None or reading.score > known.score:
            self.texts[words] = reading

    def _holds(self, words: str) -> bool:
        """Whether so few letters may fill the strip: a pattern that is taken for a letter is far too long for it."""
        if self.best.strip is None:
            return True
        high, wide = (int(side) for side in self.best.strip.shape[:2])
        return max(high, wide) / max(1, min(high, wide)) <= _LONGEST_LETTER * (len(words) + 1)

    @property
    def is_settled(self) -> bool:
        """Whether one reading leads the others clearly, or no further look would help."""
        if not self.texts:
            return False
        ranked = sorted(self._weights().values(), reverse=True)
        clear = len(ranked) == 1 or ranked[0] - ranked[1] >= _LEAD
        return clear or self.looks >= _MOST_LOOKS

    @property
    def is_refused(self) -> bool:
        """Whether the accurate reader saw no words there as often as it looks."""
        return self.refusals >= _MOST_LOOKS


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
    def standing(self) -> tuple[Track, ...]:
        """What is on screen as far as is known."""
        return tuple(track for track in self._tracks if track.misses == 0)

    def recall(self, at_ms: int, box: Box, image: NDArray[np.uint8]) -> TextLine | None:
        """The line known to stand there already, if the frame looks the same in its place and it was read lately."""
        for track in (*self._tracks, *self._gone):
            likeness, place = track.likeness, track.place
            if likeness is None or place is None or at_ms - track.read_at_ms >= track.reread_ms:
                continue
            now = likeness_of(strip_of(image, place)) if overlap(track.last_box, box) else None
            if now is not None and show_the_same(likeness, now, at_least=LIKE_NUMBERS if track.has_digits else LIKE):
                best = track.best
                return TextLine(
                    text=best.text, box=track.last_box, score=best.score, place=place, strip=best.strip, way=best.way
                )
        return None

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
        return [*flashes, *self._due()]

    def stand(self, at_ms: int) -> list[Track]:
        """The texts that are due because the screen has not changed since it was last read."""
        for track in self._tracks:
            _stood(track, at_ms)
        return self._due()

    def flush(self) -> list[Track]:
        """The texts seen once, clearly, when the stream ends; nothing is followed after that."""
        rest = [track for track in self._tracks if self._is_flash(track)]
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
        track.vote(reading)
        if not track.texts or not (track.is_settled or track.is_over):
            return False
        track.handed_on = True
        words = words_of(track.text)
        for known in (*self._tracks, *self._gone):
            if (
                known is not track
                and known.handed_on
                and known.role is track.role
                and words_of(known.text) == words
                and overlap(known.last_box, track.last_box, grown=True)
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
        near = [track for track in same if overlap(track.last_box, box, grown=True)]
        if near:
            return max(near, key=lambda known: known.sightings)
        return next((track for track in same if track in self._tracks and moved_up(track.last_box, box)), None)

    def _close(self, at_ms: int) -> list[Track]:
        """Puts away what is no longer seen; gives what was seen once and clearly."""
        closing = [track for track in self._tracks if track.misses >= (MISSES_TO_CLOSE if track.handed_on else 1)]
        flashes = [track for track in closing if self._is_flash(track)]
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
            winner = next((t for t in self._tracks if t in seen and _are_rivals(t, rival)), None)
            if winner is not None:
                if not winner.handed_on:
                    winner.start_ms = min(winner.start_ms, rival.start_ms)
                beaten.append(rival)
        self._tracks = [track for track in self._tracks if track not in beaten]

    def _due(self) -> list[Track]:
        return [
            track
            for track in self._tracks
            if not track.handed_on and not track.is_refused and track.misses == 0 and self._is_confirmed(track)
        ]

    def _is_confirmed(self, track: Track) -> bool:
        """Whether it was seen twice; what looks like a slip in reading a text that stands must be read twice."""
        return (track.readings if self._may_be_slip(track) else track.sightings) >= SIGHTINGS_TO_CONFIRM

    def _is_flash(self, track: Track) -> bool:
        """Whether one sight of it was clear enough to hand on."""
        return (
            not track.handed_on
            and not track.is_refused
            and len(track.words) > _SHORT
            and track.best.score >= FLASH_SCORE
            and not self._may_be_slip(track)
        )

    def _may_be_slip(self, track: Track) -> bool:
        return any(known.handed_on and known.misses > 0 and _are_rivals(known, track) for known in self._tracks)


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
        score_sum=line.score,
    )
    track.remember(line)
    return track


def _are_rivals(one: Track, other: Track) -> bool:
    """Whether two readings are tries at the same words in one place."""
    return overlap(one.last_box, other.last_box) and are_alike(one.words, other.words)

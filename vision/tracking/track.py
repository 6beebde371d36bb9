"""One reading in one place, as long as it stands, and the votes on what it says."""

from dataclasses import dataclass, field

from vision.boxes import moved_up, overlap
from vision.ocr.words import is_pattern, words_of
from vision.tracking.likeness import Likeness, likeness_of
from vision.types import Box, Place, Reading, Role, TextLine

# Strips that look the same are read again all the same after this long: an 8 that became a 6 looks much the same.
REREAD_MS = 18_000
REREAD_NUMBERS_MS = 6_000
REREAD_CHROME_MS = 60_000
_SURE = 0.8
_SURE_SHORT = 0.92
# One look is enough where it was so sure.
_PLAIN = 0.93
# Less sure words are believed once they were read alike on two strips.
_FAINT = 0.6
SHORT = 2
_LONGEST_LETTER = 2.0
_ACCURATE_WEIGHT = 1.5
_LEAD = 0.8
_MOST_LOOKS = 3


@dataclass(slots=True, kw_only=True, eq=False)
class Track:
    """One reading in one place, as long as it stands; `words` is the cheap reading, `text` the one that won.

    `is_doubted` while the accurate reader could not tell from the best strip and no other has come.
    """

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
    is_doubted: bool = False
    checked_at_ms: int = 0
    faint: set[str] = field(default_factory=set)
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
        if self.role is Role.CHROME:
            return REREAD_CHROME_MS
        return REREAD_NUMBERS_MS if self.is_delicate else REREAD_MS

    @property
    def is_delicate(self) -> bool:
        """Whether a small change in it may matter much: a number that is not the platform's."""
        return self.role is not Role.CHROME and any(sign.isdigit() for sign in self.words)

    @property
    def winner(self) -> str:
        """The words that lead among those that the accurate reader gave; empty before it looked."""
        weights = self._weights()
        return max(self.texts, key=lambda words: weights[words], default="")

    def _weights(self) -> dict[str, float]:
        """The votes, the cheap reading's among them; a cheap reading that was unsure of its letters says little."""
        cheap = (self.score_sum / self.readings) ** 2
        return {**self.votes, self.words: self.votes.get(self.words, 0.0) + cheap}

    def see(self, line: TextLine, at_ms: int, *, read: bool = True) -> None:
        """Notes another sight; `read` unless the words were taken over because the strip looked the same."""
        # A later sight as clear as the best is taken, since texts often fade in; any, where the best was no use.
        if read and (line.score >= self.best.score - 0.005 or self.is_doubted):
            self.best, self.best_at_ms, self.is_doubted = line, at_ms, False
        if not self.handed_on and overlap(self.first_box, line.box) and line.box.area < self.first_box.area:
            self.first_box = line.box
        self.has_risen = self.has_risen or moved_up(self.last_box, line.box)
        self.last_box, self.end_ms, self.misses = line.box, at_ms, 0
        self.sightings += 1
        if read:
            self.readings += 1
            self.score_sum += line.score
            self.read_at_ms = self.checked_at_ms = at_ms
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
        needed = _SURE_SHORT if len(words) <= SHORT or seen_once else _SURE
        is_sure = reading.score >= needed or words in self.faint
        if len(words) > SHORT and reading.score >= _FAINT:
            self.faint.add(words)
        if not words or not is_sure or not self._holds(words) or is_pattern(words):
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

    def take_over(self, rival: "Track", *, with_sightings: bool = False) -> None:
        """Counts what was seen of the same words while they were read otherwise, as sights of these too if told so."""
        if with_sightings:
            self.sightings += rival.sightings
            if rival.best.sure is not None and not rival.looks:
                rival.vote(rival.best.sure)
        self.start_ms = min(self.start_ms, rival.start_ms)
        self.looks += rival.looks
        self.faint |= rival.faint
        for words, weight in rival.votes.items():
            self.votes[words] = self.votes.get(words, 0.0) + weight
            self.texts.setdefault(words, rival.texts[words])

    @property
    def is_settled(self) -> bool:
        """Whether one reading leads the others clearly, or no further look would help."""
        if not self.texts:
            return False
        ranked = sorted(self._weights().values(), reverse=True)
        clear = len(ranked) == 1 or ranked[0] - ranked[1] >= _LEAD
        is_plain = self.looks > 1 or self.texts[self.winner].score >= _PLAIN
        return (clear and is_plain) or self.looks >= _MOST_LOOKS

    @property
    def is_refused(self) -> bool:
        """Whether the accurate reader saw no words there as often as it looks."""
        return self.refusals >= _MOST_LOOKS

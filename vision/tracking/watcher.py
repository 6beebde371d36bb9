"""Watches the screens of streams: key frames in, texts out; only what changed is read, for many streams together."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.types import Frame
from vision.boxes import coincide, overlap, within
from vision.errors import FrameRefusedError
from vision.layout.roles import RoomPolicy, RoomRegions
from vision.ocr.crops import strip_of
from vision.ocr.line_finding import find_whole_lines
from vision.ocr.lines import CLEAR, LEGIBLE, confirm, read_surely, read_with_wholes
from vision.ocr.motion_blur import RoomSmear, Smear
from vision.ocr.reader import TextReader, refuse_bad_frame
from vision.ocr.requests import Answers, ReadRequest, Steps, answer
from vision.ocr.words import skeleton_of
from vision.tracking.change import LastRead, ReadPlan, ReadReason, StrokeMap, note_read, plan_reading, stroke_map
from vision.tracking.likeness import Likeness, likeness_of, show_the_same
from vision.tracking.stills import jpeg_of
from vision.tracking.track import Track
from vision.tracking.tracker import ScreenTracker
from vision.types import Box, FrameText, Place, Reading, Role, TextLine

# Between two samples further apart than this, a change of text is looked at more closely where frames can be had.
SPARSE_MS = 1_500
CLOSE_STEP_MS = 500
FINE_EVERY_MS = 20_000
FINE_FOR_MS = 20_000

_STAYED_TIMES = 2
_TICKS = 3
_COARSE = 2 / 3
# What could not be made out is not tried again for so long while it looks the same.
_DULL_MS = 6_000
# A line among comments that is where it was so long ago does not flow.
_PASSED_MS = 6_000
_TICK_MEMORY_MS = 20_000


@dataclass(slots=True, kw_only=True)
class WatchCounts:
    """What was done for one stream, and what may have been missed.

    `blind_ms` is time in gaps between samples longer than 1.5 s: a text that stood within one left no trace. `glimpsed`
    counts texts seen in one sample only: where there are such, others as short may have stood between two samples.
    `unclear` counts lines that the accurate reader could not make out and that were not handed on.
    """

    frames: int = 0
    refused_frames: int = 0
    added_frames: int = 0
    reads: dict[ReadReason, int] = field(default_factory=lambda: dict.fromkeys(ReadReason, 0))
    read_in_part: int = 0
    recognised: int = 0
    recalled: int = 0
    confirmed: int = 0
    unclear: int = 0
    ticks: int = 0
    passed_over: int = 0
    glimpsed: int = 0
    blind_ms: int = 0

    @property
    def frames_read(self) -> int:
        """Frames of which something was read."""
        return sum(self.reads.values())


class MoreFrames(Protocol):
    """Gets frames that were not sampled, from what was recorded."""

    def __call__(self, start_ms: int, end_ms: int, step_ms: int) -> Sequence[Frame]:
        """Frames strictly between two moments, about a step apart, in order; fewer or none where they can't be had."""
        ...


class StreamWatcher:
    """The sight of one stream; frames come in the order of their time.

    `side_px` bounds the longer side of the picture in which lines are looked for closely; most looks take two thirds.
    """

    def __init__(
        self,
        stream_id: str,
        reader: TextReader,
        policy: RoomPolicy,
        more_frames: MoreFrames | None = None,
        *,
        side_px: int = 960,
    ) -> None:
        self._stream_id = stream_id
        self._reader = reader
        self._tracker = ScreenTracker()
        self._policy = policy
        self._regions = RoomRegions(policy)
        self._more_frames = more_frames
        self._last_read: LastRead | None = None
        self._last_ms: int | None = None
        self._before: StrokeMap | None = None
        self._size = (1, 1)
        self._fine_side_px = side_px
        self._fine_at_ms = -FINE_EVERY_MS
        self._fine_until_ms = -1
        self._passed_over: list[tuple[Place, Likeness, int]] = []
        self._smear = RoomSmear()
        self._looks_anew = False
        self._illegible: list[tuple[Place, Likeness, int]] = []
        self._told: list[tuple[str, Box, int]] = []
        self.counts = WatchCounts()

    def watch(self, frames: Sequence[Frame]) -> list[FrameText]:
        """The texts newly sure with these frames; `end_ms` is when they were last seen so far."""
        [texts] = watch_together([(self, frames)], self._reader)
        return texts

    def finish(self) -> list[FrameText]:
        """The texts that were seen but not handed on when the stream ended."""
        self._last_read = None
        return answer([self._hand_on(self._tracker.flush())], self._reader)[0]

    def take_over(self) -> list[FrameText]:
        """The texts handed on before that have gone for good since this was last asked, with their whole span."""
        return [self._frame_text(track) for track in self._tracker.take_over()]

    def steps(self, frames: Sequence[Frame]) -> Steps:
        """Works through the frames, asking the reader on the way."""
        texts: list[FrameText] = []
        for frame in frames:
            try:
                refuse_bad_frame(frame.image)
            except FrameRefusedError:
                self.counts.refused_frames += 1
                continue
            texts += yield from self._see(frame)
        return texts

    def _see(self, frame: Frame) -> Steps:
        texts: list[FrameText] = []
        strokes = stroke_map(frame.image, self._before)
        for added in self._frames_before(frame, strokes):
            self.counts.added_frames += 1
            texts += yield from self._see_one(added, stroke_map(added.image, self._before))
        return texts + (yield from self._see_one(frame, strokes))

    def _see_one(self, frame: Frame, strokes: StrokeMap) -> Steps:
        self.counts.frames += 1
        self._size = (frame.image.shape[1], frame.image.shape[0])
        if self._last_ms is not None and frame.at_ms - self._last_ms > SPARSE_MS:
            self.counts.blind_ms += frame.at_ms - self._last_ms
        self._last_ms, self._before = frame.at_ms, strokes
        look = self._plan_reading(frame, strokes, self._tracker.to_read_again(frame.at_ms, frame.image))
        if look is None:
            return (yield from self._hand_on(self._tracker.stand(frame.at_ms)))
        look, due = yield from self._search(frame, look)
        texts = yield from self._hand_on(due)
        boxes = [track.last_box for track in self._tracker.visible]
        boxes += [place.box(*self._size) for place, _, at_ms in self._passed_over if at_ms == frame.at_ms]
        self._last_read = note_read(self._last_read, strokes, frame.at_ms, boxes, look)
        if self._looks_anew:
            self._last_read, self._looks_anew = None, False
        return texts

    def _search(self, frame: Frame, look: ReadPlan) -> Generator[ReadRequest, Answers, tuple[ReadPlan, list[Track]]]:
        """Follows the look; what was really looked at, and the texts that are due."""
        self.counts.reads[look.reason] += 1
        side_px = self._side_px(frame.at_ms, look)
        places, regions = yield from find_whole_lines(
            frame.image, look.regions, side_px, self._smear.now, with_cut=look.with_quiet
        )
        look = replace(look, regions=regions)
        self.counts.read_in_part += bool(regions)
        due = yield from self._follow(frame, places, look)
        is_fine = side_px == self._fine_side_px
        if look.reason is ReadReason.HEARTBEAT and not regions and is_fine and self._found_new(frame.at_ms):
            self._fine_until_ms = frame.at_ms + FINE_FOR_MS
        return look, due

    def _plan_reading(self, frame: Frame, strokes: StrokeMap, doubted: Sequence[Box] = ()) -> ReadPlan | None:
        comments = self._regions.comments
        size = (frame.image.shape[1], frame.image.shape[0])
        quiet = () if comments is None else (comments,)
        return plan_reading(self._last_read, strokes, frame.at_ms, quiet=quiet, doubted=doubted, size=size)

    def _frames_before(self, frame: Frame, strokes: StrokeMap) -> Sequence[Frame]:
        """Frames of a long gap at whose end the text differs."""
        if self._more_frames is None or self._last_ms is None or frame.at_ms - self._last_ms <= SPARSE_MS:
            return ()
        look = self._plan_reading(frame, strokes)
        if look is None or look.reason in (ReadReason.FIRST, ReadReason.HEARTBEAT):
            return ()
        return self._more_frames(self._last_ms, frame.at_ms, CLOSE_STEP_MS)

    def _found_new(self, at_ms: int) -> bool:
        """Whether something clear is seen for the first time although nothing had changed: a coarse look misses it."""
        return any(track.start_ms == at_ms and track.best.score >= CLEAR for track in self._tracker.visible)

    def _side_px(self, at_ms: int, look: ReadPlan) -> int:
        """How closely to look: from time to time at what is small or faint, and longer in a room that shows such."""
        is_smeared = self._smear.now is not Smear.NONE and not look.regions
        if at_ms < self._fine_until_ms or is_smeared:
            return self._fine_side_px
        if look.regions or at_ms - self._fine_at_ms < FINE_EVERY_MS:
            return round(self._fine_side_px * _COARSE)
        self._fine_at_ms = at_ms
        return self._fine_side_px

    def _follow(
        self, frame: Frame, places: Sequence[Place], look: ReadPlan
    ) -> Generator[ReadRequest, Answers, list[Track]]:
        """Reads what is not known yet and gives the texts that are due."""
        known: list[TextLine] = []
        unread: list[tuple[Place, NDArray[np.uint8]]] = []
        passed: list[tuple[Place, Likeness, int]] = []
        for place in places:
            box = place.box(*self._size)
            if (line := self._tracker.recall(frame.at_ms, box, frame.image)) is not None:
                known.append(line)
                continue
            if any(self._shows_again(box, frame.image, *dull[:2]) for dull in self._illegible):
                continue
            strip = strip_of(frame.image, place)
            if not strip.size:
                continue
            if self._flows(box, frame.image):
                passed.append((place, likeness_of(strip), frame.at_ms))
            else:
                unread.append((place, strip))
        known += self._overlooked(frame, places, look.regions)
        self.counts.recalled += len(known)
        self.counts.passed_over += len(passed)
        if not look.regions or look.with_quiet:
            before = [past for past in self._passed_over if frame.at_ms - past[2] < _PASSED_MS]
            self._passed_over = [*before, *passed]
        lines = yield from self._read(
            frame.image, unread, self._tracker.wholes([place.box(*self._size) for place, _ in unread])
        )
        due = self._tracker.see(frame.at_ms, [*known, *lines], recalled=range(len(known)), regions=look.regions)
        self._regions.note_moves(frame.at_ms, self._tracker.moves)
        return due + self._cleared(flowed=bool(passed) or any(move.is_upward for move in self._tracker.moves))

    def _overlooked(self, frame: Frame, places: Sequence[Place], regions: Sequence[Box]) -> list[TextLine]:
        """Lines known before that show as they did where nothing was found this time."""
        found = [place.box(*self._size) for place in places]
        missing = [
            track.last_box
            for track in self._tracker.visible
            if not any(overlap(track.last_box, box) for box in found)
            and (not regions or any(within(track.last_box, region) for region in regions))
        ]
        lines = (self._tracker.recall(frame.at_ms, box, frame.image) for box in missing)
        return [line for line in lines if line is not None]

    def _read(
        self,
        image: NDArray[np.uint8],
        unread: Sequence[tuple[Place, NDArray[np.uint8]]],
        wholes: Mapping[int, TextLine],
    ) -> Generator[ReadRequest, Answers, list[TextLine]]:
        """The lines of new strips: read cheaply, and surely where that was unclear, since it would differ each time."""
        self.counts.recognised += len(unread) + len(wholes)
        read = yield from read_with_wholes(image, unread, wholes)
        lines = [line for line, _ in read]
        unclear = [
            index
            for index, (line, is_unclear) in enumerate(read)
            if is_unclear and not self._regions.may_be_comments(line.box, self._size)
        ]
        self.counts.confirmed += len(unclear)
        sure = yield from read_surely([lines[index] for index in unclear])
        for index, line in zip(unclear, sure, strict=True):
            lines[index] = line
        legible = [line.strip for line in lines if line.score >= LEGIBLE and line.strip is not None]
        self._looks_anew = self._smear.note(legible) or self._looks_anew
        at_ms = self._last_ms or 0
        self._illegible = [dull for dull in self._illegible if at_ms - dull[2] < _DULL_MS]
        self._illegible += [
            (line.place, likeness_of(line.strip), at_ms)
            for line in lines
            if line.score < LEGIBLE and line.place is not None and line.strip is not None
        ]
        return [line for line in lines if line.score >= LEGIBLE]

    def _flows(self, box: Box, image: NDArray[np.uint8]) -> bool:
        """Whether the line flows through the comments: it is read only once it stays where it is."""
        comments = self._regions.comments
        if comments is None or not within(box, comments):
            return False
        return not any(self._shows_again(box, image, *past[:2]) for past in self._passed_over)

    def _shows_again(self, box: Box, image: NDArray[np.uint8], place: Place, likeness: Likeness) -> bool:
        return coincide(place.box(*self._size), box) and show_the_same(likeness, likeness_of(strip_of(image, place)))

    def _cleared(self, *, flowed: bool) -> list[Track]:
        """Texts that were taken for comments and have kept their place while others flowed."""
        comments = self._regions.comments
        if not flowed or comments is None:
            return []
        cleared = []
        for track in self._tracker.visible:
            if track.has_risen or not within(track.last_box, comments):
                continue
            track.rises_beside += 1
            if track.rises_beside >= _STAYED_TIMES and track.handed_on and track.role is Role.COMMENTS:
                track.handed_on = False
                cleared.append(track)
        return cleared

    def _hand_on(self, due: Sequence[Track]) -> Steps:
        texts: list[FrameText] = []
        doubtful: list[Track] = []
        labelled = [track for track in due if track.best.sure is None and self._policy.may_be_labelled(track.best.text)]
        surely = yield from read_surely([track.best for track in labelled])
        for track, line in zip(labelled, surely, strict=True):
            track.best = line
        for track in due:
            track.role, reason = self._regions.role_of(
                track.text,
                track.last_box,
                self._size,
                has_risen=track.has_risen,
                has_stayed=track.rises_beside >= _STAYED_TIMES,
            )
            if track.role is Role.SELLER and not self._ticks(track):
                doubtful.append(track)
            else:
                track.handed_on = True
                if track.role is not Role.SELLER:
                    texts.append(self._frame_text(track, reason))
        self.counts.confirmed += len(labelled) + sum(track.best.sure is None for track in doubtful)
        readings = yield from confirm([track.best for track in doubtful])
        texts += [
            self._frame_text(track)
            for track, reading in zip(doubtful, readings, strict=True)
            if self._is_news(track, reading)
        ]
        return texts

    def _is_news(self, track: Track, reading: Reading) -> bool:
        """Whether the text is sure with this reading and was not told before."""
        if self._tracker.settle(track, reading):
            self.counts.glimpsed += track.sightings == 1
            self._told.append((skeleton_of(track.winner), track.first_box, track.start_ms))
            return True
        self.counts.unclear += track.is_refused or (track.is_over and not track.texts)
        return False

    def _ticks(self, track: Track) -> bool:
        """Whether it is the next state of a counter that runs: its first states were told, the rest say nothing new."""
        self._told = [shown for shown in self._told if track.end_ms - shown[2] <= _TICK_MEMORY_MS]
        skeleton = skeleton_of(track.words)
        if "#" not in skeleton or skeleton == "#":
            return False
        same = sum(shown == skeleton and overlap(box, track.last_box) for shown, box, _ in self._told)
        if same >= _TICKS:
            self.counts.ticks += 1
        return same >= _TICKS

    def _frame_text(self, track: Track, reason: str = "") -> FrameText:
        sure = track.texts.get(track.winner)
        is_sellers = track.role is Role.SELLER
        strip = track.best.strip if is_sellers else None
        return FrameText(
            stream_id=self._stream_id,
            start_ms=track.start_ms,
            end_ms=track.end_ms,
            box=track.first_box,
            text=track.text,
            score=round(sure.score if sure else track.score_sum / track.readings, 4),
            model=self._reader.model,
            best_at_ms=track.best_at_ms,
            best_box=track.best.box,
            role=track.role,
            role_reason=reason or ("kept its place while comments rose" if track.rises_beside >= _STAYED_TIMES else ""),
            crop_jpeg=jpeg_of(strip) if strip is not None else b"",
        )


def watch_together(work: Sequence[tuple[StreamWatcher, Sequence[Frame]]], reader: TextReader) -> list[list[FrameText]]:
    """The texts of each stream; what several of them need of the reader at one time goes to it in one call."""
    return answer([watcher.steps(frames) for watcher, frames in work], reader)

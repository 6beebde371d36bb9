"""What is left out when a machine falls behind: pictures first, speech never, and every second of it is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

from ingest.types import Segment, Shed

SCREEN = "screen"


class Effort(IntEnum):
    """How many of the key frames are decoded: every n-th, or none. Sound is always decoded."""

    EVERY_KEY_FRAME = 1
    EVERY_SECOND = 2
    EVERY_FOURTH = 4
    SOUND_ONLY = 0


_DOWNWARDS = (Effort.EVERY_KEY_FRAME, Effort.EVERY_SECOND, Effort.EVERY_FOURTH, Effort.SOUND_ONLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffortLimits:
    """From which lag on each lower effort holds; it is left again when the lag is under half of that."""

    second_ms: int = 4_000
    fourth_ms: int = 8_000
    sound_only_ms: int = 16_000


def effort_for(lag_ms: int, before: Effort = Effort.EVERY_KEY_FRAME, limits: EffortLimits | None = None) -> Effort:
    """The effort at this lag: worse at once, better one step at a time, so that it does not swing.

    `lag_ms`: how far what is being analysed lies behind what was received.
    """
    limits = limits or EffortLimits()
    floors = (0, limits.second_ms, limits.fourth_ms, limits.sound_only_ms)
    now = _DOWNWARDS.index(before)
    asked = max(step for step, floor_ms in enumerate(floors) if lag_ms >= floor_ms or step == 0)
    if asked >= now:
        return _DOWNWARDS[asked]
    return _DOWNWARDS[now - 1] if lag_ms * 2 < floors[now] else before


class Thinning:
    """Which key frames of one stream are decoded, and which stretches go unseen for it."""

    def __init__(self) -> None:
        self._passed = 0
        self._seen = True
        self._why = ""
        self._told_ms = 0
        self._kept_ms: int | None = None

    def keep(self, effort: Effort, keys_ms: Sequence[int], every_ms: int = 0) -> list[bool]:
        """For the next key frames in order, whether to decode each; `every_ms`: how far apart they are at the least."""
        kept: list[bool] = []
        for at_ms in keys_ms:
            self._passed += 1
            is_near = self._kept_ms is not None and 0 <= at_ms - self._kept_ms < every_ms
            kept.append(bool(effort) and self._passed >= effort and not is_near)
            if kept[-1]:
                self._passed, self._kept_ms = 0, at_ms
        return kept

    def shed(self, segment: Segment, effort: Effort, keys_ms: Sequence[int], kept: Sequence[bool]) -> tuple[Shed, ...]:
        """What this segment leaves unseen: from each key frame left out to the next key frame or the segment's end.

        The stretch up to the first key frame belongs to the last one of the segments before.
        """
        if effort is not Effort.EVERY_KEY_FRAME:
            self._why = f"overload: one key frame in {int(effort)}" if effort else "overload: sound only"
        if effort is Effort.SOUND_ONLY:
            self._seen = False
            keys_ms, kept = (), ()
        # Neighbours overlap by the interleave of sound and picture.
        begin_ms = min(max(segment.start_ms, self._told_ms), segment.end_ms)
        self._told_ms = segment.end_ms
        inside = [min(max(at_ms, begin_ms), segment.end_ms) for at_ms in keys_ms]
        borders = [begin_ms, *inside, segment.end_ms]
        seen = [self._seen, *kept]
        self._seen = seen[-1]
        merged: list[tuple[int, int]] = []
        for (start_ms, end_ms), watched in zip(pairwise(borders), seen, strict=True):
            if watched or start_ms >= end_ms:
                continue
            if merged and merged[-1][1] == start_ms:
                start_ms = merged.pop()[0]
            merged.append((start_ms, end_ms))
        return tuple(
            Shed(stream_id=segment.stream_id, channel=SCREEN, start_ms=start_ms, end_ms=end_ms, why=self._why)
            for start_ms, end_ms in merged
        )

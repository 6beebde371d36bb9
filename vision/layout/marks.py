"""Marks that the law asks for on a live room's page, and for which share of the time they stood.

广告 (advertisement), who really sells (直播电商监督管理办法 26), a generated presenter (37, continuously).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from vision.layout.joins import LayoutPolicy, join_texts
from vision.layout.types import Joined, RoomMark
from vision.types import FrameText, Role


class ScreenLayout:
    """The words on one stream's screen taken together, as they come and go."""

    def __init__(self, policy: LayoutPolicy) -> None:
        self._policy = policy
        self._standing: dict[str, FrameText] = {}
        self._told: dict[str, frozenset[str]] = {}
        self._marks: dict[str, dict[str, FrameText]] = {}
        self._over: set[str] = set()
        self._first_ms: int | None = None

    def watched_from(self, at_ms: int) -> None:
        """Notes when the first frame was looked at."""
        self._first_ms = at_ms if self._first_ms is None else min(self._first_ms, at_ms)

    def see(self, texts: Sequence[FrameText], gone: Iterable[FrameText] = ()) -> list[Joined]:
        """What newly means something together; `gone` are texts that have left the screen, with their whole span."""
        for text in texts:
            self._standing[text.frame_text_id] = text
            self._note_mark(text)
        joined = join_texts(tuple(self._standing.values()), self._policy) if texts else ()
        new = [one for one in joined if one.joined_id not in self._told]
        self._told |= {one.joined_id: frozenset(one.parts) for one in new}
        for text in gone:
            self._standing.pop(text.frame_text_id, None)
            self._note_mark(text)
            self._over.add(text.frame_text_id)
            self._told = {key: parts for key, parts in self._told.items() if text.frame_text_id not in parts}
        return new

    def marks(self, until_ms: int) -> tuple[RoomMark, ...]:
        """Every mark seen, as it stood up to this moment; one that is still on screen counts up to it."""
        found: list[RoomMark] = []
        for kind, texts in sorted(self._marks.items()):
            spans = sorted(
                (text.start_ms, text.end_ms if text.frame_text_id in self._over else max(until_ms, text.end_ms))
                for text in texts.values()
            )
            first = min(texts.values(), key=lambda text: text.start_ms)
            start_ms = min(self._first_ms if self._first_ms is not None else 0, first.start_ms)
            watched_ms = max(1, until_ms - start_ms)
            found.append(
                RoomMark(
                    stream_id=first.stream_id,
                    kind=kind,
                    first_ms=first.start_ms,
                    last_ms=max(end for _, end in spans),
                    until_ms=until_ms,
                    share=round(min(1.0, _covered_ms(spans) / watched_ms), 4),
                    words=first.text,
                    texts=tuple(sorted(texts)),
                )
            )
        return tuple(found)

    def _note_mark(self, text: FrameText) -> None:
        """Keeps the text if it is a mark; what viewers write is none."""
        if text.role is Role.COMMENTS:
            return
        line = "".join(text.text.split())
        for kind, patterns in self._policy.marks.items():
            if any(pattern.fullmatch(line) for pattern in patterns):
                self._marks.setdefault(kind, {})[text.frame_text_id] = replace(text, crop_jpeg=b"")


def _covered_ms(spans: Sequence[tuple[int, int]]) -> int:
    """Milliseconds covered by spans in the order of their start, overlaps counted once."""
    covered, reached = 0, 0
    for start_ms, end_ms in spans:
        covered += max(0, end_ms - max(start_ms, reached))
        reached = max(reached, end_ms)
    return covered

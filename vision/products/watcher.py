"""Watches one stream for products: key frames in, evidence out, looked at only as often as it pays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.types import Frame
from vision.products.codes import Code, CodeReader
from vision.products.matching import PictureFinder, ProductMatch, ProductSight
from vision.products.reference import colours_of
from vision.products.timeline import Evidence, EvidenceKind
from vision.types import Box

LOOK_EVERY_MS = 1_400
LOOK_AROUND_EVERY_MS = 5_500
LOOK_CLOSER_EVERY_MS = 7_500
READ_CODES_EVERY_MS = 1_900
STILL_FOR_MS = 6_000
_THUMB = (40, 24)
_STILL = 1.5
# What is held to the camera fills at least this share of it; what is smaller stands about, unless it moves.
_HELD_SHARE = 0.03
_HELD_STRENGTH = 0.3
# What is held sways; of its colours so much stays where it was a second ago.
_LEFT_OF_COLOURS = 0.5
# What kept its place this many looks is on display: it counts for less than what is handled.
_DISPLAY_LOOKS, _DISPLAY_WEIGHT = 3, 0.4
# Shifts in its own sizes from one look to the next: less is staying, more is being moved.
_STAYS, _MOVES = 0.1, 0.35
_NEXT_LOOK_MS = 6_000
# What is held now and was not in a frame this long ago at most came in between, as likely early as late.
_CAME_WITHIN_MS = 2_500

ProductOf = Callable[[str], str | None]


@dataclass(slots=True, kw_only=True)
class ProductCheckCounts:
    """What was done for one stream; `searches` are the looks while nothing was known to be held to the camera."""

    frames: int = 0
    looks: int = 0
    searches: int = 0
    checks: int = 0
    closer_looks: int = 0
    still: int = 0
    code_reads: int = 0
    codes: int = 0
    unknown_codes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    box: Box
    looks: int
    at_ms: int


class ProductWatcher:
    """The products seen in one stream; frames come in the order of their time.

    `product_of` tells whose a code's text is. `likeness` is asked where pictures' corners find nothing.
    """

    def __init__(self, pictures: PictureFinder, product_of: ProductOf, likeness: ProductSight | None = None) -> None:
        self._pictures = pictures
        self._product_of = product_of
        self._likeness = likeness
        self._frame_ms: int | None = None
        self._looked_ms: int | None = None
        self._looked_around_ms: int | None = None
        self._looked_closer_ms: int | None = None
        self._places: dict[str, _Place] = {}
        self._codes = CodeReader()
        self._read_ms: int | None = None
        self._thumb: NDArray[np.float32] | None = None
        self._seen: tuple[ProductMatch, ...] = ()
        self._kind = EvidenceKind.PICTURE
        self._held: list[tuple[Box, NDArray[np.float32]]] = []
        self.counts = ProductCheckCounts()

    @property
    def made_with(self) -> dict[str, object]:
        """What it was made with and never changes, by name; the rest is what it remembers of its stream."""
        return {"pictures": self._pictures, "product of": self._product_of, "likeness": self._likeness}

    def watch(self, frames: Sequence[Frame]) -> list[Evidence]:
        """What these frames say about products."""
        return [evidence for frame in frames for evidence in self._see(frame)]

    def _see(self, frame: Frame) -> list[Evidence]:
        self.counts.frames += 1
        found: list[Evidence] = []
        if _is_due(self._read_ms, frame.at_ms, READ_CODES_EVERY_MS):
            self._read_ms = frame.at_ms
            self.counts.code_reads += 1
            found += self._coded(self._codes.read(frame.image), frame.at_ms)
        # While nothing is held to the camera every frame may show what comes next.
        is_due = not self._held or _is_due(self._looked_ms, frame.at_ms, LOOK_EVERY_MS) or self._is_put_away(frame)
        frame_before_ms, self._frame_ms = self._frame_ms, frame.at_ms
        if is_due and not self._is_still(frame):
            self._looked_ms = frame.at_ms
            self.counts.looks += 1
            self.counts.searches += not self._held
            seen_before = {one.product_id for one in self._seen}
            self._search(frame)
            evidence = _since(self._as_evidence(frame), seen_before, frame_before_ms)
            self._held = [
                (seen.box, _colours_in(frame.image, seen.box))
                for seen, one in zip(self._seen, evidence, strict=True)
                if one.strength >= _HELD_STRENGTH
            ]
            found += evidence
        return found

    def _is_put_away(self, frame: Frame) -> bool:
        """Whether other colours are where something was held at the last look."""
        return any(
            float(np.minimum(colours, _colours_in(frame.image, box)).sum()) < _LEFT_OF_COLOURS
            for box, colours in self._held
        )

    def _is_still(self, frame: Frame) -> bool:
        """Whether the frame looks as it did at the last look, which was not long ago."""
        grey = cv2.cvtColor(cv2.resize(frame.image, _THUMB, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
        thumb = grey.astype(np.float32)
        before, self._thumb = self._thumb, thumb if self._thumb is None else self._thumb
        if before is None or self._looked_ms is None or frame.at_ms - self._looked_ms >= STILL_FOR_MS:
            self._thumb = thumb
            return False
        if float(np.abs(thumb - before).mean()) >= _STILL:
            self._thumb = thumb
            return False
        self.counts.still += 1
        return True

    def _search(self, frame: Frame) -> None:
        if self._is_still_there(frame):
            return
        self._looked_around_ms = frame.at_ms
        self._seen, self._kind = self._pictures.find(frame.image), EvidenceKind.PICTURE
        if not self._seen and _is_due(self._looked_closer_ms, frame.at_ms, LOOK_CLOSER_EVERY_MS):
            self._looked_closer_ms = frame.at_ms
            self.counts.closer_looks += 1
            self._seen = self._pictures.find(frame.image, fine=True)
            if not self._seen and self._likeness is not None:
                self._seen, self._kind = self._likeness.find(frame.image), EvidenceKind.LIKENESS

    def _is_still_there(self, frame: Frame) -> bool:
        """Whether the one product seen last is seen again: then the others are looked for only now and then."""
        if len(self._seen) != 1 or self._kind is not EvidenceKind.PICTURE:
            return False
        if _is_due(self._looked_around_ms, frame.at_ms, LOOK_AROUND_EVERY_MS):
            return False
        self.counts.checks += 1
        again = self._pictures.find(frame.image, only=frozenset({self._seen[0].product_id}))
        if not again:
            return False
        self._seen = again
        return True

    def _as_evidence(self, frame: Frame) -> list[Evidence]:
        """The last look as evidence: what fills more of the picture counts more, what only stands about counts less."""
        frame_area = frame.image.shape[0] * frame.image.shape[1]
        whole = sum(one.box.area for one in self._seen)
        how = "looks like its picture" if self._kind is EvidenceKind.PICTURE else "is alike its picture"
        return [
            Evidence(
                kind=self._kind,
                product_id=one.product_id,
                start_ms=frame.at_ms,
                end_ms=frame.at_ms,
                strength=round(one.clarity * one.box.area / whole * self._handled(one, frame_area, frame.at_ms), 4),
                reason=how,
            )
            for one in self._seen
        ]

    def _handled(self, seen: ProductMatch, frame_area: int, at_ms: int) -> float:
        """How much it looks held to the camera and not put on display, in [0, 1]."""
        before = self._places.get(seen.product_id)
        shift = None if before is None or at_ms - before.at_ms > _NEXT_LOOK_MS else _shift(before.box, seen.box)
        looks = before.looks + 1 if before is not None and shift is not None and shift <= _STAYS else 1
        self._places[seen.product_id] = _Place(box=seen.box, looks=looks, at_ms=at_ms)
        if shift is not None and shift >= _MOVES:
            return 1.0
        near = min(1.0, seen.box.area / frame_area / _HELD_SHARE)
        return near * (_DISPLAY_WEIGHT if looks >= _DISPLAY_LOOKS else 1.0)

    def _coded(self, codes: Sequence[Code], at_ms: int) -> list[Evidence]:
        self.counts.codes += len(codes)
        owners = [(code, self._product_of(code.text)) for code in codes]
        self.counts.unknown_codes += sum(owner is None for _, owner in owners)
        known = [(code, owner) for code, owner in owners if owner is not None]
        return [
            Evidence(
                kind=EvidenceKind.CODE,
                product_id=owner,
                start_ms=at_ms,
                end_ms=at_ms,
                strength=1.0 / len({other for _, other in known}),
                reason=f"its {'QR code' if code.kind == 'qr' else 'bar code'} was read",
            )
            for code, owner in known
        ]


def _since(evidence: Sequence[Evidence], seen_before: set[str], frame_before_ms: int | None) -> list[Evidence]:
    """A look's evidence, from half-way to the frame before on where it shows something newly held."""
    came = [one for one in evidence if one.strength >= _HELD_STRENGTH and one.product_id not in seen_before]
    if not came or frame_before_ms is None or came[0].start_ms - frame_before_ms > _CAME_WITHIN_MS:
        return list(evidence)
    return [replace(one, start_ms=(frame_before_ms + one.start_ms) // 2) for one in evidence]


def _colours_in(image: NDArray[np.uint8], box: Box) -> NDArray[np.float32]:
    cut = image[box.top : box.bottom : 3, box.left : box.right : 3]
    return colours_of(cut, np.full(cut.shape[:2], 255, np.uint8))


def _is_due(last_ms: int | None, now_ms: int, every_ms: int) -> bool:
    return last_ms is None or now_ms - last_ms >= every_ms


def _shift(before: Box, after: Box) -> float | None:
    """How far the middle moved, in sizes of the thing; None where it is not the same thing: half or twice as large."""
    if not 0.5 <= after.area / before.area <= 2:
        return None
    across = (after.left + after.right - before.left - before.right) / 2
    down = (after.top + after.bottom - before.top - before.bottom) / 2
    return float(np.hypot(across, down)) / max(after.width, after.height, 1)

"""Tells whose words stand on screen: the seller's, the platform's, or viewers'. Which words and where is data."""

import re
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vision.boxes import Move, within
from vision.errors import RoomPolicyError
from vision.ocr.words import words_of
from vision.types import Box, Role

_REMEMBER_MS = 120_000
_SCROLLED_TO_LEARN = 4
_UPWARD_SHARE = 0.75
_FORM_SHARE = 0.5
_SHORT_LABEL = 2

Share = Annotated[float, Field(ge=0, le=1)]
Zone = tuple[Share, Share, Share, Share]


class Layout(BaseModel):
    """Where a kind of room keeps comments and buttons unless it shows otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    comments: Zone
    chrome: tuple[Zone, ...]


class Layouts(BaseModel):
    """One layout for upright pictures and one for wide ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    portrait: Layout
    landscape: Layout


class RoomPolicy(BaseModel):
    """What `configs/vision/room.yaml` says, checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layouts: Layouts
    chrome_anywhere: tuple[re.Pattern[str], ...]
    chrome_in_zones: tuple[re.Pattern[str], ...]
    comment_forms: tuple[re.Pattern[str], ...]
    labels: frozenset[str]

    def layout(self, width: int, height: int) -> Layout:
        """The layout for a picture of this size."""
        return self.layouts.portrait if height > width else self.layouts.landscape

    def has_comment_form(self, text: str) -> bool:
        """Whether the line looks like a viewer's: a name that is no label, a colon, words."""
        line = _squeezed(text)
        for form in self.comment_forms:
            match = form.fullmatch(line)
            if match and not self._is_label(match.groupdict().get("name")):
                return True
        return False

    def may_be_labelled(self, text: str) -> bool:
        """Whether what stands before the colon is a label of the shortest but for one letter: it may be misread."""
        name, *rest = re.split("[：:]", _squeezed(text), maxsplit=1)
        return bool(rest) and len(name) == _SHORT_LABEL and any(_differ_in_one(name, label) for label in self.labels)

    def _is_label(self, name: str | None) -> bool:
        """Whether it is a label; a long one may have a letter that was misread or is written otherwise."""
        if name is None or name in self.labels:
            return name is not None
        return len(name) > _SHORT_LABEL and any(_differ_in_one(name, label) for label in self.labels)

    def is_chrome(self, text: str, box: Box, width: int, height: int) -> bool:
        """Whether the line is the platform's own, by its words and its place."""
        line = _squeezed(text)
        if any(pattern.fullmatch(line) for pattern in self.chrome_anywhere):
            return True
        zones = self.layout(width, height).chrome
        return any(_in_zone(box, zone, width, height) for zone in zones) and any(
            pattern.fullmatch(line) for pattern in self.chrome_in_zones
        )

    def in_comment_zone(self, box: Box, width: int, height: int) -> bool:
        """Whether comments usually stand there."""
        return _in_zone(box, self.layout(width, height).comments, width, height)


def load_room_policy(path: Path) -> RoomPolicy:
    """The policy in this file; RoomPolicyError names what is wrong in it."""
    try:
        return RoomPolicy.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise RoomPolicyError(f"room policy {path}: cannot be read: {error.strerror}; give a YAML file") from error
    except yaml.YAMLError as error:
        raise RoomPolicyError(f"room policy {path}: is no YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RoomPolicyError(f"room policy {path}: {place}: {first['msg']}; correct it") from error


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _differ_in_one(name: str, label: str) -> bool:
    return len(name) == len(label) and sum(a != b for a, b in zip(name, label, strict=True)) == 1


def _in_zone(box: Box, zone: Zone, width: int, height: int) -> bool:
    x, y = (box.left + box.right) / 2 / max(1, width), (box.top + box.bottom) / 2 / max(1, height)
    return zone[0] <= x <= zone[2] and zone[1] <= y <= zone[3]


class RoomRegions:
    """Where one room's viewers' comments stand, learned from lines that rise under one another."""

    def __init__(self, policy: RoomPolicy) -> None:
        self._policy = policy
        self._moves: list[tuple[int, Move]] = []
        self._comments: Box | None = None

    @property
    def comments(self) -> Box | None:
        """The region in which comments were seen to rise; None until enough of them did."""
        return self._comments

    def note_moves(self, at_ms: int, moves: Sequence[Move]) -> None:
        """Learns from lines that were seen to move in this frame."""
        if not moves and not self._moves:
            return
        recent = [(then_ms, move) for then_ms, move in self._moves if at_ms - then_ms <= _REMEMBER_MS]
        self._moves = recent + [(at_ms, move) for move in moves]
        self._comments = self._learned()

    def _learned(self) -> Box | None:
        rising = [move for _, move in self._moves if move.is_upward]
        if not rising or len(rising) < _UPWARD_SHARE * len(self._moves):
            return None
        left = median(move.after.left for move in rising)
        high = median(move.after.height for move in rising)
        aligned = [move for move in rising if abs(move.after.left - left) <= high]
        wordings = {words_of(move.text): self._policy.has_comment_form(move.text) for move in aligned}
        if len(wordings) < _SCROLLED_TO_LEARN or sum(wordings.values()) < _FORM_SHARE * len(wordings):
            return None
        boxes = [box for move in aligned for box in (move.before, move.after)]
        return Box(
            left=min(box.left for box in boxes),
            top=min(box.top for box in boxes) - round(high),
            right=max(box.right for box in boxes),
            bottom=max(box.bottom for box in boxes) + round(high),
        )

    def may_be_comments(self, box: Box, size: tuple[int, int]) -> bool:
        """Whether the line stands where comments do or usually do."""
        if self._comments is not None:
            return within(box, self._comments)
        return self._policy.in_comment_zone(box, *size)

    def role_of(
        self, text: str, box: Box, size: tuple[int, int], *, has_risen: bool, has_stayed: bool
    ) -> tuple[Role, str]:
        """Whose the line is and how that was told.

        `has_risen`: it was seen to move upwards. `has_stayed`: it kept its place while comments rose past it.
        """
        width, height = size
        if self._policy.is_chrome(text, box, width, height):
            return Role.CHROME, "the platform's own words"
        if has_stayed:
            return Role.SELLER, "kept its place while comments rose"
        if self._comments is not None and within(box, self._comments):
            return Role.COMMENTS, "stands where this room's comments rise"
        formed = self._policy.has_comment_form(text)
        usual = self._policy.in_comment_zone(box, width, height)
        if has_risen and (formed or usual):
            return Role.COMMENTS, "rose as comments do"
        if formed and usual:
            return Role.COMMENTS, "has the form of a comment where comments usually stand"
        return Role.SELLER, ""

"""What the places of words on a screen mean: a struck price beside the price asked, a label and its value, a table row.

Words that only mean something together are handed on together, as a text of their own. Where it is not clear which
belong together nothing is joined: a wrong pair would accuse somebody of what nobody wrote.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from vision.errors import RoomPolicyError
from vision.layout.strikethrough import is_struck
from vision.layout.types import Join, Joined
from vision.types import Box, FrameText, Role

_SURE = 0.8
_SAME_ROW = 0.5
_REACH_BESIDE, _REACH_IN_ROW = 3.0, 8.0
_REACH_BELOW = 0.9
_PRICE_REACH = 1.6
_ROW_ALIGN = 0.6
_LEAST_ROWS = 2
_AMOUNT = re.compile(
    r"(?:[￥¥]\s*\d{1,6}(?:[.,]\d{1,3})*|\d{1,6}(?:\.\d{1,2})?\s*(?:元|块|块钱))起?|\d{2,6}(?:\.\d{1,2})?"
)
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_LABEL_SHAPE = re.compile(r"[一-龥]{2,6}")


class LayoutPolicy(BaseModel):
    """What `configs/vision/layout.yaml` says, checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    deal_price: frozenset[str]
    list_price: frozenset[str]
    suggested_price: frozenset[str]
    struck_price: str
    plain_price: str
    fields: frozenset[str]
    marks: dict[str, tuple[re.Pattern[str], ...]]

    @property
    def price_words(self) -> frozenset[str]:
        """Every word that stands before a price."""
        return self.deal_price | self.list_price | self.suggested_price


def load_layout_policy(path: Path) -> LayoutPolicy:
    """The policy in this file; RoomPolicyError names what is wrong in it."""
    try:
        return LayoutPolicy.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise RoomPolicyError(f"layout policy {path}: cannot be read: {error.strerror}; give a YAML file") from error
    except yaml.YAMLError as error:
        raise RoomPolicyError(f"layout policy {path}: is no YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RoomPolicyError(f"layout policy {path}: {place}: {first['msg']}; correct it") from error


def join_texts(texts: Sequence[FrameText], policy: LayoutPolicy) -> tuple[Joined, ...]:
    """What these texts, standing at one time, mean together; each text is used once at most."""
    sure = sorted(
        (text for text in texts if text.role is Role.SELLER and text.score >= _SURE),
        key=lambda text: (text.best_box.top, text.best_box.left),
    )
    free = list(sure)
    found: list[Joined] = []
    for joined, used in (*_labelled(free, policy), *_rows(free, policy)):
        if all(part in free for part in used):
            free = [part for part in free if part not in used]
            found.append(joined)
    found = _with_struck(found, free, policy)
    return tuple(found)


Pairing = tuple[Joined, tuple[FrameText, ...]]


def _labelled(texts: Sequence[FrameText], policy: LayoutPolicy) -> list[Pairing]:
    """A known label and the one value beside or under it; a value that two labels want belongs to the one beside it."""
    pairs: list[tuple[FrameText, FrameText]] = []
    for label in texts:
        word = _label_word(label.text)
        wants_price = word in policy.price_words
        if not wants_price and word not in policy.fields:
            continue
        values = [other for other in texts if other is not label and _is_value(other, policy, price=wants_price)]
        near = [value for value in values if _beside(label.best_box, value.best_box)]
        near = near or [
            value for value in values if _DIGITS.search(value.text) and _under(label.best_box, value.best_box)
        ]
        nearest = _only_nearest(label, near)
        if nearest is not None:
            pairs.append((label, nearest))
    return [
        (_joined((label, value), f"{_label_word(label.text)} {_value(value.text)}", Join.LABELLED), (label, value))
        for label, value in pairs
        if sum(other is value for _, other in pairs) == 1 or _beside(label.best_box, value.best_box)
    ]


def _rows(texts: Sequence[FrameText], policy: LayoutPolicy) -> list[Pairing]:
    """Rows of two cells whose left edges line up with those of another such row, one right under the other."""
    rows = [
        (label, value)
        for label in texts
        if _LABEL_SHAPE.fullmatch(_label_word(label.text)) and _label_word(label.text) not in policy.price_words
        for value in texts
        if value is not label
        and _is_value(value, policy, price=False)
        and _beside(label.best_box, value.best_box, _REACH_IN_ROW)
    ]
    rows = [row for row in rows if sum(row[0] is label for label, _ in rows) == 1]
    rows = [row for row in rows if sum(row[1] is value for _, value in rows) == 1]
    found: list[Pairing] = []
    for label, value in rows:
        aligned = [other for other in rows if other[0] is not label and _aligned((label, value), other)]
        if len(aligned) + 1 >= _LEAST_ROWS:
            text = f"{_label_word(label.text)} {_value(value.text)}"
            found.append((_joined((label, value), text, Join.ROW), (label, value)))
    return found


def _with_struck(found: list[Joined], free: Sequence[FrameText], policy: LayoutPolicy) -> list[Joined]:
    """Adds each struck amount to the one price asked that stands beside it, whether that has a word or not."""
    bare = [text for text in free if _AMOUNT.fullmatch(text.text.strip())]
    struck = [text for text in bare if _is_struck(text)]
    result = list(found)
    for text in struck:
        asked = [one for one in result if one.text.partition(" ")[0] in policy.deal_price and one.why is Join.LABELLED]
        labelled = [_as_joined(other, policy) for other in free if _has_deal_price(other, policy)]
        plain = [
            _joined((other,), f"{policy.plain_price} {_value(other.text)}", Join.STRUCK_PRICE)
            for other in bare
            if other not in struck and _has_currency(other.text)
        ]
        near = [one for one in (*asked, *labelled) if _close(text.best_box, one.box)]
        near = near or [one for one in plain if _close(text.best_box, one.box)]
        if len(near) != 1 or not _is_less(near[0].text, text.text):
            continue
        base = near[0]
        words = f"{policy.struck_price} {_value(text.text)} {base.text}"
        merged = Joined(
            stream_id=text.stream_id,
            start_ms=max(text.start_ms, base.start_ms),
            end_ms=max(text.start_ms, base.start_ms, min(text.end_ms, base.end_ms)),
            box=_around([text.best_box, base.box]),
            text=words,
            score=min(text.score, base.score),
            why=Join.STRUCK_PRICE,
            parts=(text.frame_text_id, *base.parts),
        )
        result = [one for one in result if one is not base] + [merged]
    return result


def _as_joined(text: FrameText, policy: LayoutPolicy) -> Joined:
    return _joined((text,), text.text, Join.STRUCK_PRICE)


def _joined(parts: Sequence[FrameText], text: str, why: Join) -> Joined:
    start_ms = max(part.start_ms for part in parts)
    return Joined(
        stream_id=parts[0].stream_id,
        start_ms=start_ms,
        end_ms=max(start_ms, min(part.end_ms for part in parts)),
        box=_around([part.best_box for part in parts]),
        text=text,
        score=min(part.score for part in parts),
        why=why,
        parts=tuple(part.frame_text_id for part in parts),
    )


def _label_word(text: str) -> str:
    return "".join(text.split()).rstrip(":：")


def _is_value(text: FrameText, policy: LayoutPolicy, *, price: bool) -> bool:
    if price:
        return _AMOUNT.fullmatch(text.text.strip()) is not None and not _is_struck(text)
    word = _label_word(text.text)
    return bool(word) and len(word) <= 40 and word not in policy.fields and word not in policy.price_words


def _value(text: str) -> str:
    """The amount in a form that reads as a price; other values as they stand."""
    word = "".join(text.split()).rstrip("起")
    if _AMOUNT.fullmatch(word) and word[0] in "￥¥":
        return f"{word[1:]}元"
    return word


def _has_currency(text: str) -> bool:
    return any(sign in text for sign in "￥¥元块")


def _has_deal_price(text: FrameText, policy: LayoutPolicy) -> bool:
    word = "".join(text.text.split())
    return any(
        word.startswith(label) and _AMOUNT.fullmatch(word[len(label) :].lstrip(":：")) for label in policy.deal_price
    )


def _is_struck(text: FrameText) -> bool:
    digits = set("".join(_DIGITS.findall(text.text)))
    # The bars of fours line up to a line of their own.
    if not text.crop_jpeg or digits <= {"4"}:
        return False
    strip = cv2.imdecode(np.frombuffer(text.crop_jpeg, np.uint8), cv2.IMREAD_COLOR)
    return strip is not None and is_struck(np.asarray(strip, np.uint8))


def _is_less(asked: str, struck: str) -> bool:
    """Whether the price asked is below the struck one; otherwise the two are no compared prices."""
    deal, before = _DIGITS.findall(asked.replace(",", "")), _DIGITS.findall(struck.replace(",", ""))
    return len(deal) >= 1 and len(before) == 1 and float(deal[-1]) < float(before[0])


def _beside(label: Box, value: Box, reach_heights: float = _REACH_BESIDE) -> bool:
    """Whether the value starts to the right of the label in its row, near enough."""
    shared = min(label.bottom, value.bottom) - max(label.top, value.top)
    gap = value.left - label.right
    reach = reach_heights * max(label.height, value.height)
    return shared >= _SAME_ROW * min(label.height, value.height) and -0.3 * label.height <= gap <= reach


def _under(label: Box, value: Box) -> bool:
    shared = min(label.right, value.right) - max(label.left, value.left)
    gap = value.top - label.bottom
    return shared >= _SAME_ROW * min(label.width, value.width) and (
        -0.3 * label.height <= gap <= _REACH_BELOW * max(label.height, value.height)
    )


def _only_nearest(label: FrameText, values: Sequence[FrameText]) -> FrameText | None:
    """The value clearly nearest; None where two are about as near."""
    ranked = sorted(values, key=lambda value: _gap(label.best_box, value.best_box))
    if not ranked:
        return None
    if len(ranked) > 1:
        first, second = (_gap(label.best_box, value.best_box) for value in ranked[:2])
        if second - first < 0.5 * label.best_box.height:
            return None
    return ranked[0]


def _aligned(one: tuple[FrameText, FrameText], other: tuple[FrameText, FrameText]) -> bool:
    """Whether two rows stand one under the other with both columns in line."""
    high = max(one[0].best_box.height, other[0].best_box.height)
    steps = abs(one[0].best_box.top - other[0].best_box.top)
    columns = [abs(one[i].best_box.left - other[i].best_box.left) for i in (0, 1)]
    return 0.8 * high <= steps <= 3.0 * high and max(columns) <= _ROW_ALIGN * high


def _close(one: Box, other: Box) -> bool:
    return _gap(one, other) <= _PRICE_REACH * max(one.height, other.height)


def _gap(one: Box, other: Box) -> float:
    across = max(0, max(one.left, other.left) - min(one.right, other.right))
    down = max(0, max(one.top, other.top) - min(one.bottom, other.bottom))
    return float(np.hypot(across, down))


def _around(boxes: Iterable[Box]) -> Box:
    all_boxes = list(boxes)
    return Box(
        left=min(box.left for box in all_boxes),
        top=min(box.top for box in all_boxes),
        right=max(box.right for box in all_boxes),
        bottom=max(box.bottom for box in all_boxes),
    )

"""Composes rooms in which products are handled: reference pictures moved, scaled, turned, partly covered, and named."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from bench.rooms import FONTS, Ground, Room, compose, font
from claims.types import Passage
from ingest.types import Frame

Image3 = NDArray[np.uint8]
PACK_PX = (360, 480)
_OPENS_AFTER_MS = 300
# fmt: off
_WORDS = (
    "椰香曲奇", "山楂条", "乌龙茶", "蓝莓干", "手工皂", "护手霜", "竹炭牙膏", "燕麦片", "陶瓷杯", "玻璃壶",
    "台灯", "数据线", "毛巾", "棉袜", "雨伞", "香薰", "洗衣液", "润唇膏", "坚果", "米粉",
)
# fmt: on
_BRANDS = ("示例谷", "样品坊", "演示家")
_NETS = ("净含量 200g", "净含量 500mL", "规格 2件装", "净含量 80g")
_OPENINGS = ("接下来看这个{}", "来 给大家看一下{}", "这款{}很多人问", "我们家的{}来了")
_TALK = ("大家看一下做工", "喜欢的可以拍", "今天福利价", "这个真的好用", "库存不多了", "质量放心", "看一下细节")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """A product on sale in `[start_ms, end_ms)`; `picture_ms` says when it is held to the camera within that.

    `known_ms` is when it is first named or shown: before that nobody who watches could tell.
    """

    product_id: str
    start_ms: int
    end_ms: int
    picture_ms: tuple[int, int]
    known_ms: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRoom:
    """A room, its products by id with name and picture, and what is on sale when; `shelf` sets all packs behind."""

    room: Room
    names: dict[str, str]
    pictures: dict[str, Image3]
    handled: tuple[Handled, ...]
    passages: tuple[Passage, ...]
    shelf: bool

    def on_sale(self, at_ms: int) -> str | None:
        """The product that is really on sale then."""
        return next((h.product_id for h in self.handled if h.start_ms <= at_ms < h.end_ms), None)


def make_room(seed: int, *, products: int, shelf: bool, name_share: float, ground: Ground = "clutter") -> ProductRoom:
    """A room of so many products, each shown once or more; `name_share` of them are named when they come on."""
    rng = np.random.default_rng(seed)
    words = [str(word) for word in rng.choice(_WORDS, products, replace=False)]
    ids = [f"P-{number + 1}" for number in range(products)]
    names = dict(zip(ids, words, strict=True))
    pictures = {product: pack_picture(names[product], seed * 100 + index) for index, product in enumerate(ids)}
    turns = [ids[int(i)] for i in rng.permutation(products)] + [ids[int(i)] for i in rng.integers(0, products, 3)]
    turns = [turns[0], *(after for before, after in pairwise(turns) if after != before)]
    handled: list[Handled] = []
    passages: list[Passage] = []
    at_ms = 3_000
    for number, product in enumerate(turns):
        length_ms = int(rng.integers(18_000, 40_000))
        shown_from = at_ms + int(rng.integers(0, 2_500))
        shown_to = shown_from + int(length_ms * rng.uniform(0.45, 0.95))
        is_named = rng.random() < name_share
        handled.append(
            Handled(
                product_id=product,
                start_ms=at_ms,
                end_ms=at_ms + length_ms,
                picture_ms=(shown_from, min(shown_to, at_ms + length_ms)),
                known_ms=at_ms + _OPENS_AFTER_MS if is_named else shown_from,
                seed=seed * 1000 + number,
            )
        )
        opening = str(rng.choice(_OPENINGS)).format(names[product]) if is_named else "好 我们看下一个"
        said = [opening, *(str(word) for word in rng.choice(_TALK, length_ms // 6_000))]
        for index, text in enumerate(said):
            start_ms = at_ms + _OPENS_AFTER_MS + index * (length_ms // len(said))
            passages.append(
                Passage(
                    stream_id=f"room{seed}",
                    id=f"u{number}.{index}",
                    start_ms=start_ms,
                    end_ms=start_ms + 3_000,
                    text=text,
                )
            )
        at_ms += length_ms
    room = Room(name=f"products-{seed}", width=1280, height=720, duration_ms=at_ms, texts=(), ground=ground, seed=seed)
    return ProductRoom(
        room=room,
        names=names,
        pictures=pictures,
        handled=tuple(handled),
        passages=tuple(passages),
        shelf=shelf,
    )


def pack_picture(name: str, seed: int) -> Image3:
    """A pack as a passport's front picture: a colour, a brand that others share, a name, a drawing, BGR."""
    rng = np.random.default_rng(seed)
    wide, high = PACK_PX
    ground = tuple(int(v) for v in rng.integers(30, 230, 3))
    dark = sum(ground) < 380
    picture = Image.new("RGB", PACK_PX, ground)
    pen = ImageDraw.Draw(picture)
    ink = (250, 246, 235) if dark else (30, 26, 34)
    band = tuple(int(v) for v in rng.integers(20, 240, 3))
    top = int(rng.integers(high // 3, high // 2))
    pen.rectangle((0, top, wide, top + int(rng.integers(70, 140))), fill=band)
    family = list(FONTS)[int(rng.integers(0, 3))]
    pen.text((wide / 2, 56), str(rng.choice(_BRANDS)), ink, font(family, 44), anchor="mm")
    pen.text((wide / 2, 132), name, ink, font(family, 66), anchor="mm")
    for _ in range(int(rng.integers(6, 14))):
        x, y = int(rng.integers(10, wide - 60)), int(rng.integers(180, high - 110))
        w, h = (int(v) for v in rng.integers(18, 80, 2))
        colour = tuple(int(v) for v in rng.integers(0, 255, 3))
        draw = (pen.ellipse, pen.rectangle)[int(rng.integers(0, 2))]
        draw((x, y, x + w, y + h), fill=colour, outline=ink)
    pen.text((wide / 2, high - 62), str(rng.choice(_NETS)), ink, font(family, 34), anchor="mm")
    pen.text((wide / 2, high - 24), f"{seed:09d}", ink, font("noto-sans", 22), anchor="mm")
    return np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])


def paint(room: ProductRoom, at_ms: float) -> Image3:
    """The picture at this moment: the room, the shelf, and what is held."""
    picture = compose(room.room, at_ms)
    if room.shelf:
        for index, product in enumerate(room.pictures):
            pack = _small(room, product)
            x = 40 + index * (1200 // len(room.pictures))
            picture[96 : 96 + pack.shape[0], x : x + pack.shape[1]] = pack
    held = next((h for h in room.handled if h.picture_ms[0] <= at_ms < h.picture_ms[1]), None)
    if held is not None:
        _hold(picture, room.pictures[held.product_id], held.seed, at_ms)
    return picture


@cache
def _shrunk(key: tuple[int, str], data: bytes) -> Image3:
    pack = np.frombuffer(data, np.uint8).reshape(PACK_PX[1], PACK_PX[0], 3)
    return np.asarray(cv2.resize(pack, (84, 112), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _small(room: ProductRoom, product: str) -> Image3:
    return _shrunk((room.room.seed, product), room.pictures[product].tobytes())


def _hold(picture: Image3, pack: Image3, seed: int, at_ms: float) -> None:
    """Lays the pack into the picture as a hand holds it: it sways, turns, comes nearer; a hand covers a part."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 6.28, 5)
    t = at_ms / 1000
    size = float(rng.uniform(0.42, 0.85)) * (1 + 0.12 * float(np.sin(t * 0.7 + phase[0])))
    angle = float(rng.uniform(-18, 18)) + 8 * float(np.sin(t * 0.9 + phase[1]))
    x = 640 + float(rng.uniform(-260, 260)) + 70 * float(np.sin(t * 0.5 + phase[2]))
    y = 430 + 40 * float(np.sin(t * 0.8 + phase[3]))
    yaw = 0.22 * float(np.sin(t * 0.6 + phase[4]))
    high, wide = pack.shape[:2]
    corners = np.asarray([[-wide / 2, -high / 2], [wide / 2, -high / 2], [wide / 2, high / 2], [-wide / 2, high / 2]])
    turn = np.deg2rad(angle)
    matrix = np.asarray([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * size
    seen = corners * [1 - abs(yaw), 1.0]
    seen[:, 1] *= 1 + yaw * corners[:, 0] / wide
    seen = seen @ matrix.T + [x, y]
    edges = np.asarray([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    view = cv2.getPerspectiveTransform(edges, seen.astype(np.float32))
    shape = (picture.shape[1], picture.shape[0])
    light = float(rng.uniform(0.75, 1.15))
    layer = cv2.warpPerspective(np.clip(pack * light, 0, 255).astype(np.uint8), view, shape, flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full(pack.shape[:2], 255, np.uint8), view, shape)
    picture[mask > 127] = layer[mask > 127]
    grip = seen[2] * 0.6 + seen[3] * 0.4
    cover = float(rng.uniform(0.16, 0.34)) * wide * size
    cv2.ellipse(
        picture, (round(float(grip[0])), round(float(grip[1]))), (round(cover), round(cover * 0.8)),
        float(angle), 0, 360, (150, 180, 225), -1, cv2.LINE_AA,
    )  # fmt: skip


def frames(room: ProductRoom) -> Iterator[Frame]:
    """A key frame a second as it is composed, through JPEG at the strength of a live room's pictures."""
    for at_ms in range(0, room.room.duration_ms, 1000):
        _, packed = cv2.imencode(".jpg", paint(room, at_ms), [cv2.IMWRITE_JPEG_QUALITY, 40])
        image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)
        yield Frame(stream_id=f"room{room.room.seed}", at_ms=at_ms, image=image)

"""Which rooms are composed: wordings, fonts, looks and places drawn at random from a seed, one idea a room."""

from colorsys import hsv_to_rgb
from dataclasses import replace

import numpy as np

from bench.rooms import FONTS, Colour, Ground, Look, Room, Shown

_PLAIN_SHARE = 0.35
_PAINTED_LOOKS: tuple[Look, ...] = ("outlined", "outlined", "caption")
# Least difference in lightness, of 255, between letters and their outline.
_TOLD_APART = 90

CAPTIONS = (
    "今天下单立减三十元", "全网最低价 假一赔十", "净含量：500毫升", "到手价￥99.90", "限时秒杀 ¥59.9", "仅剩最后20件",
    "SPF50+ PA++++", "买一送一 拍1发2", "点击下方小黄车3号", "原价¥399 现价¥129", "100%新疆长绒棉", "0添加防腐剂",
    "七天无理由退货", "电池容量20000mAh", "65W快充 两小时充满", "国家专利ZL202110123456", "产地：云南普洱",
    "保质期18个月", "敏感肌可用", "三天见效 不反弹", "销量第一", "医生推荐", "蛋白质含量≥3.6g", "重量1.25kg",
    "厚度仅6.8mm", "生产日期2026.10.08", "顺丰包邮 48小时发货", "第二件半价", "满300减50", "纯手工制作", "含绒量90%",
    "防水等级IP68", "噪音低至32分贝", "食品级304不锈钢", "老人孩子都能用", "再拍立减15元", "会员价¥88.00",
    "库存128件", "明天恢复原价", "坏果包赔",
)  # fmt: skip
VIEWERS = (
    "小雨", "爱吃糖的猫", "用户8839", "阿强", "momo", "南方姑娘", "大山", "老李头", "西西", "木木",
)  # fmt: skip
SAID = (
    "真的假的", "多少钱一件", "已拍", "主播好漂亮", "这个能治病吗", "全网最低吗", "上次买的坏了", "发什么快递",
    "有没有小号的", "好用的姐妹扣1", "怎么领券", "支持", "颜色会掉吗", "比超市贵", "一百块两件吧", "孕妇能用吗",
)  # fmt: skip
CHROME = ("关注", "说点什么...", "1.2万本场点赞", "小时榜", "更多直播", "3456人看过")


def _place(rng: np.random.Generator, taken: list[tuple[float, float, float, float]], area: tuple[int, int, int, int],
           width: float, height: float) -> tuple[float, float] | None:  # fmt: skip
    """A middle for a box of this size within the area that touches none that is taken."""
    left, top, right, bottom = area
    for _ in range(200):
        if width >= right - left or height >= bottom - top:
            return None
        x = float(rng.uniform(left + width / 2, right - width / 2))
        y = float(rng.uniform(top + height / 2, bottom - height / 2))
        here = (x - width / 2 - 12, y - height / 2 - 12, x + width / 2 + 12, y + height / 2 + 12)
        if all(here[2] < t[0] or here[0] > t[2] or here[3] < t[1] or here[1] > t[3] for t in taken):
            taken.append(here)
            return x, y
    return None


def captions(
    seed: int,
    *,
    width: int,
    height: int,
    area: tuple[int, int, int, int],
    duration_ms: int,
    sizes: tuple[int, ...],
    looks: tuple[Look, ...] = ("caption", "outlined", "card", "sticker"),
    at_once: int = 4,
    stand_ms: tuple[int, int] = (4000, 9000),
) -> tuple[Shown, ...]:
    """Lines one set after another, each set without overlaps; no wording comes twice within a set."""
    rng = np.random.default_rng(seed)
    fonts = list(FONTS)
    shown: list[Shown] = []
    from_ms = 400
    while from_ms < duration_ms - 2500:
        to_ms = min(duration_ms, from_ms + int(rng.integers(*stand_ms)))
        taken: list[tuple[float, float, float, float]] = []
        for words in rng.choice(CAPTIONS, at_once, replace=False):
            look: Look = looks[int(rng.integers(len(looks)))]
            size = int(rng.choice(sizes))
            long, thick = size * 1.05 * len(words) + size, size * 1.9
            box = (thick, size * 1.25 * len(words) + size) if look == "vertical" else (long, thick)
            angle = float(rng.choice((-14, -8, 8, 14))) if look == "rotated" else 0.0
            if angle:
                box = (long, thick + abs(float(np.sin(np.radians(angle)))) * long)
            at = _place(rng, taken, area, *box)
            if at is None:
                continue
            delay = int(rng.integers(0, 700))
            shown.append(
                Shown(
                    words=str(words), x=at[0], y=at[1], size_px=size, from_ms=from_ms + delay, to_ms=to_ms, look=look,
                    font=fonts[int(rng.integers(len(fonts)))], angle=angle,
                )
            )  # fmt: skip
        from_ms = to_ms + int(rng.integers(0, 900))
    return tuple(shown)


def comments(seed: int, *, left: int, bottom: int, top: int, size_px: int, duration_ms: int) -> tuple[Shown, ...]:
    """Viewers' lines that come at the bottom of their area and rise to its top."""
    rng = np.random.default_rng(seed)
    rise_px_s = size_px * 0.9
    stands_ms = int((bottom - top) / rise_px_s * 1000)
    shown = []
    for from_ms in range(0, duration_ms, 2200):
        words = f"{rng.choice(VIEWERS)}：{rng.choice(SAID)}"
        width = size_px * len(words)
        shown.append(
            Shown(
                words=words, x=left + width / 2, y=bottom - size_px, size_px=size_px, from_ms=from_ms,
                to_ms=min(duration_ms, from_ms + stands_ms), look="comment", rise_px_s=rise_px_s, font="noto-sans",
            )
        )  # fmt: skip
    return tuple(shown)


def chrome(width: int, height: int, duration_ms: int) -> tuple[Shown, ...]:
    """The platform's own words at their usual places in a portrait room."""
    places = ((0.42, 0.055), (0.22, 0.965), (0.2, 0.085), (0.12, 0.125), (0.85, 0.125), (0.8, 0.055))
    return tuple(
        Shown(words=words, x=x * width, y=y * height, size_px=26, from_ms=0, to_ms=duration_ms, look="chrome")
        for words, (x, y) in zip(CHROME, places, strict=True)
    )


def landscape(name: str, seed: int, *, width: int = 1280, height: int = 720, duration_ms: int = 20_000,
              ground: Ground = "texture", looks: tuple[Look, ...] = ("caption", "outlined", "card", "sticker"),
              **how: object) -> Room:  # fmt: skip
    """A landscape room with captions from 22 px (at 720 lines) up to 60."""
    grown = height / 720
    sizes = tuple(round(size * grown) for size in (22, 26, 30, 36, 44, 60))
    area = (round(20 * grown), round(40 * grown), width - round(20 * grown), height - round(30 * grown))
    texts = captions(seed, width=width, height=height, area=area, duration_ms=duration_ms, sizes=sizes, looks=looks)
    room = Room(
        name=name, width=width, height=height, duration_ms=duration_ms, texts=texts, ground=ground, seed=seed,
        tags=frozenset({"text"}),
    )  # fmt: skip
    return replace(room, **how)  # type: ignore[arg-type]


def portrait(name: str, seed: int, *, duration_ms: int = 20_000, ground: Ground = "texture") -> Room:
    """A portrait room as a phone shows it: captions, a blinking sticker, rising comments, the platform's words."""
    width, height = 720, 1280
    own = captions(
        seed, width=width, height=height, area=(20, 190, 700, 760), duration_ms=duration_ms, sizes=(26, 30, 36, 44, 52)
    )
    sticker = Shown(
        words="爆款返场", x=600, y=820, size_px=40, from_ms=0, to_ms=duration_ms, look="sticker", blink_ms=700
    )
    rising = comments(seed, left=24, bottom=1180, top=900, size_px=26, duration_ms=duration_ms)
    texts = (*own, sticker, *rising, *chrome(width, height, duration_ms))
    return Room(
        name=name, width=width, height=height, duration_ms=duration_ms, texts=texts, ground=ground, seed=seed,
        tags=frozenset({"text", "portrait"}),
    )  # fmt: skip


def textless(name: str, seed: int, *, duration_ms: int = 60_000, width: int = 1280, height: int = 720,
             ground: Ground = "clutter") -> Room:  # fmt: skip
    """A room with edges, patterns and motion, and not one word."""
    return Room(
        name=name, width=width, height=height, duration_ms=duration_ms, texts=(), ground=ground, seed=seed,
        tags=frozenset({"textless"}),
    )  # fmt: skip


def rooms_with_text() -> tuple[Room, ...]:
    """Each effect once, at the usual sizes."""
    return (
        landscape("landscape 720p, texture", 11),
        landscape("landscape 720p, moving camera", 12, ground="pan"),
        portrait("portrait 720x1280, comments and chrome", 13),
        landscape("landscape 540p", 14, width=960, height=540),
        landscape("landscape 1080p", 15, width=1920, height=1080, kbps=1500),
        landscape("vertical and rotated", 16, looks=("vertical", "rotated")),
        landscape("motion blur", 17, blur_px=7, tags=frozenset({"text", "hard"})),
        landscape("360p enlarged", 18, seen_width=640, tags=frozenset({"text", "hard"})),
        landscape("key frame every 4 s", 19, key_every_ms=4000),
    )


def painted(name: str, seed: int, *, width: int = 1280, height: int = 720, ground: Ground = "texture") -> Room:
    """A landscape room whose captions have letters and outlines of any two colours that a reader can tell apart."""
    room = landscape(name, seed, width=width, height=height, ground=ground, looks=_PAINTED_LOOKS)
    rng = np.random.default_rng(seed + 70_000)
    return replace(room, texts=tuple(replace(text, paint=_paint(rng)) for text in room.texts))


def _paint(rng: np.random.Generator) -> tuple[Colour, Colour]:
    """Letters and outline as editors choose them: strong or plain colours, one clearly the lighter."""
    while True:
        ink, outline = (_colour(rng) for _ in range(2))
        if abs(_lightness(ink) - _lightness(outline)) >= _TOLD_APART:
            return ink, outline


def _colour(rng: np.random.Generator) -> Colour:
    if rng.random() < _PLAIN_SHARE:
        grey = int(rng.choice((10, 30, 245, 255)))
        return grey, grey, grey
    red, green, blue = hsv_to_rgb(float(rng.random()), float(rng.uniform(0.6, 1)), float(rng.uniform(0.45, 1)))
    return round(red * 255), round(green * 255), round(blue * 255)


def _lightness(colour: Colour) -> float:
    red, green, blue = colour
    return 0.299 * red + 0.587 * green + 0.114 * blue


def varied_rooms(first_seed: int) -> tuple[Room, ...]:
    """Rooms of every effect with captions in any colours, each of its own seed, from the first on."""
    hard = frozenset({"text", "hard"})
    return (
        painted("colours, texture", first_seed),
        painted("colours, moving camera", first_seed + 1, ground="pan"),
        painted("colours, clutter", first_seed + 2, ground="clutter"),
        painted("colours, 540p", first_seed + 3, width=960, height=540),
        landscape("vertical and rotated", first_seed + 4, looks=("vertical", "rotated")),
        portrait("portrait", first_seed + 5),
        landscape("motion blur, 5 px", first_seed + 6, blur_px=5, tags=hard),
        landscape("motion blur, 7 px", first_seed + 7, blur_px=7, tags=hard),
        landscape("360p enlarged", first_seed + 8, seen_width=640, tags=hard),
    )

"""Finds an open font with Chinese glyphs among those installed."""

import subprocess
from functools import cache
from shutil import which
from typing import Literal

from PIL import ImageFont

from cli.broadcast.errors import FontMissingError

Weight = Literal["Bold", "Regular"]
_SC_FACE_IN_NOTO_COLLECTION = 2


def _ask_fontconfig(weight: Weight) -> tuple[str, int] | None:
    if which("fc-match") is None:
        return None
    answer = subprocess.run(
        ["fc-match", "-f", "%{file}|%{index}|%{family}", f"Noto Sans CJK SC:{weight.lower()}"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split("|")
    if len(answer) != 3 or "CJK" not in answer[2]:
        return None
    return answer[0], int(answer[1])


@cache
def _face(weight: Weight) -> tuple[str, int]:
    asked = _ask_fontconfig(weight)
    if asked is not None:
        return asked
    name = f"NotoSansCJK-{weight}.ttc"
    try:
        ImageFont.truetype(name, 32, index=_SC_FACE_IN_NOTO_COLLECTION)
    except OSError as error:
        raise FontMissingError(
            "no font with Chinese glyphs was found: install Noto Sans CJK (Debian: apt install fonts-noto-cjk)"
        ) from error
    return name, _SC_FACE_IN_NOTO_COLLECTION


@cache
def chinese_font(size_px: int, weight: Weight = "Bold") -> ImageFont.FreeTypeFont:
    """Noto Sans CJK SC in this size; raises FontMissingError when it is not installed."""
    path, index = _face(weight)
    return ImageFont.truetype(path, size_px, index=index)

"""Draws the room behind the words: drifting background, desk, host."""

import math

from PIL import Image, ImageDraw, ImageFilter

from cli.broadcast.canvas import Board, vertical_gradient

WIDTH_PX = 1280
HEIGHT_PX = 720

_DRIFT_PX = 200
_DRIFT_PERIOD_MS = 40_000
_BLINK_EVERY_MS = 3_700
_BLINK_MS = 160
_SKIN = (247, 208, 178, 255)
_HAIR = (52, 36, 40, 255)
_LIPS = (190, 70, 78, 255)


def draw_backdrop() -> Image.Image:
    """A soft wall with lights, wider than the frame by as far as it drifts, RGB."""
    size = (WIDTH_PX + _DRIFT_PX, HEIGHT_PX)
    wall = vertical_gradient(size, (74, 52, 118), (150, 92, 140))
    lights = Image.new("RGBA", size, (255, 200, 210, 0))
    pen = ImageDraw.Draw(lights)
    for index in range(22):
        x = (index * 277 + 60) % size[0]
        y = 110 + (index * 151) % 480
        radius = 26 + (index * 37) % 60
        tint = ((255, 206, 150), (190, 170, 255), (255, 160, 196))[index % 3]
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), (*tint, 58))
    lights = lights.filter(ImageFilter.GaussianBlur(4))
    wall.paste(lights, (0, 0), lights)
    return wall


def drift_px(at_ms: int) -> int:
    """How far the background has moved: to and fro, always slowly."""
    return round(_DRIFT_PX / 2 * (1 - math.cos(2 * math.pi * at_ms / _DRIFT_PERIOD_MS)))


def draw_desk() -> Image.Image:
    """The table along the lower edge, RGBA."""
    board = Board(WIDTH_PX, 190)
    board.gradient_box((-60, 30, WIDTH_PX + 60, 260), radius=40, top=(255, 244, 236), bottom=(226, 196, 188))
    board.gradient_box((-60, 62, WIDTH_PX + 60, 300), radius=34, top=(206, 170, 172), bottom=(150, 108, 128))
    return board.finish()


def draw_host(*, mouth_open: float, eyes_shut: bool) -> Image.Image:
    """The host from the waist up, RGBA; the mouth follows the voice, 0 shut to 1 wide open."""
    board = Board(330, 480)
    board.round_box((52, 40, 278, 330), radius=105, fill=_HAIR)
    board.round_box((20, 286, 310, 600), radius=96, fill=(38, 132, 140, 255))
    board.shape([(122, 286), (208, 286), (165, 360)], fill=_SKIN)
    board.round_box((138, 220, 192, 312), radius=26, fill=(236, 192, 160, 255))
    board.oval((84, 74, 246, 268), fill=_SKIN)
    board.shape([(82, 176), (92, 96), (165, 56), (238, 96), (248, 176), (226, 118), (150, 112)], fill=_HAIR)
    for x in (128, 202):
        if eyes_shut:
            board.arc((x - 15, 156, x + 15, 180), start=20, end=160, fill=_HAIR, width=4)
        else:
            board.oval((x - 12, 152, x + 12, 182), fill=_HAIR)
            board.oval((x - 1, 157, x + 7, 166), fill=(255, 255, 255, 255))
        board.oval((x - 22, 192, x + 18, 214), fill=(250, 184, 166, 255))
    height = 4 + 26 * mouth_open
    board.oval((165 - 22, 226 - height / 2, 165 + 22, 226 + height / 2), fill=_LIPS)
    board.arc((60, 50, 270, 300), start=196, end=344, fill=(40, 44, 60, 255), width=8)
    board.round_box((54, 148, 88, 214), radius=16, fill=(40, 44, 60, 255))
    board.round_box((242, 148, 276, 214), radius=16, fill=(40, 44, 60, 255))
    board.arc((66, 120, 170, 262), start=84, end=176, fill=(40, 44, 60, 255), width=5)
    board.oval((110, 248, 138, 270), fill=(40, 44, 60, 255))
    return board.finish()


def eyes_shut(at_ms: int) -> bool:
    """Whether the host blinks at this moment."""
    return at_ms % _BLINK_EVERY_MS < _BLINK_MS

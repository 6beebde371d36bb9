"""Draws the words over the room: title bar, product card, caption, sticker."""

from PIL import Image, ImageDraw

from cli.broadcast.canvas import Board, fit_text
from cli.broadcast.fonts import chinese_font
from cli.broadcast.labels import PackLabel
from cli.broadcast.products import PACK_SIZE_PX, draw_pack
from cli.broadcast.script import Overlay
from cli.broadcast.studio import WIDTH_PX

TITLE_BAR_PX = 76
CARD_LEFT_PX = 822
CARD_WIDTH_PX = 430
_WHITE = (255, 255, 255, 255)
_DARK = (24, 20, 36, 255)


def draw_title_bar(title: str, host_name: str) -> Image.Image:
    """The bar along the upper edge with the room's title and the host's name, RGBA."""
    bar = Image.new("RGBA", (WIDTH_PX, TITLE_BAR_PX), (22, 16, 40, 214))
    board = Board(WIDTH_PX, TITLE_BAR_PX)
    board.round_box((24, 16, 134, 60), radius=22, fill=(232, 44, 74, 255))
    board.oval((42, 31, 56, 45), fill=_WHITE)
    bar.alpha_composite(board.finish())
    pen = ImageDraw.Draw(bar)
    middle = TITLE_BAR_PX / 2
    pen.text((66, middle), "LIVE", _WHITE, chinese_font(28), anchor="lm")
    font, lines = fit_text(title, size=36, max_width=760)
    pen.text((160, middle), lines[0], _WHITE, font, anchor="lm")
    pen.text((WIDTH_PX - 28, middle), host_name, (255, 224, 170, 255), chinese_font(30), anchor="rm")
    return bar


def draw_pack_for_stage(label: PackLabel, height: int) -> Image.Image:
    """The product's pack at the height it has on the desk, RGBA."""
    width = round(PACK_SIZE_PX[0] * height / PACK_SIZE_PX[1])
    return draw_pack(label).resize((width, height), Image.Resampling.LANCZOS)


def draw_overlay(overlay: Overlay) -> Image.Image:
    """An overlay's words as its kind shows them, RGBA, no wider than its place."""
    match overlay.kind:
        case "product_card":
            return _product_card(overlay.text)
        case "caption":
            return _caption(overlay.text)
        case "sticker":
            return _sticker(overlay.text)


def _product_card(text: tuple[str, ...]) -> Image.Image:
    name_font, name_lines = fit_text(text[0], size=34, max_width=CARD_WIDTH_PX - 56)
    rows = [(line, name_font, _DARK, 48) for line in name_lines]
    for entry in text[1:]:
        font, lines = fit_text(entry, size=54, max_width=CARD_WIDTH_PX - 56)
        rows += [(line, font, (214, 28, 58, 255), 74) for line in lines]
    height = 44 + sum(row[3] for row in rows)
    board = Board(CARD_WIDTH_PX, height)
    board.round_box((0, 0, CARD_WIDTH_PX, height), radius=26, fill=(255, 255, 255, 255))
    board.round_box((0, 26, 10, height - 26), radius=5, fill=(232, 44, 74, 255))
    card = board.finish()
    pen = ImageDraw.Draw(card)
    y = 22.0
    for line, font, colour, row_height in rows:
        pen.text((30, y + row_height / 2), line, colour, font, anchor="lm")
        y += row_height
    return card


def _caption(text: tuple[str, ...]) -> Image.Image:
    rows = [
        (line, font) for entry in text for font, lines in [fit_text(entry, size=58, max_width=1080)] for line in lines
    ]
    width = round(max(font.getlength(line) for line, font in rows)) + 96
    board = Board(width, 92 * len(rows))
    board.round_box((0, 0, width, 92 * len(rows)), radius=28, fill=(18, 14, 34, 168))
    caption = board.finish()
    pen = ImageDraw.Draw(caption)
    for index, (line, font) in enumerate(rows):
        pen.text(
            (width / 2, 92 * index + 45),
            line,
            (255, 242, 120, 255),
            font,
            anchor="mm",
            stroke_width=4,
            stroke_fill=_DARK,
        )
    return caption


def _sticker(text: tuple[str, ...]) -> Image.Image:
    rows = [
        (line, font) for entry in text for font, lines in [fit_text(entry, size=66, max_width=350)] for line in lines
    ]
    height = 56 + 84 * len(rows)
    board = Board(CARD_WIDTH_PX, height)
    board.round_box((4, 4, CARD_WIDTH_PX - 4, height - 4), radius=34, fill=(255, 222, 70, 255))
    board.gradient_box((14, 14, CARD_WIDTH_PX - 14, height - 14), radius=26, top=(246, 52, 64), bottom=(196, 14, 52))
    sticker = board.finish()
    pen = ImageDraw.Draw(sticker)
    for index, (line, font) in enumerate(rows):
        pen.text(
            (CARD_WIDTH_PX / 2, 26 + 84 * index + 42),
            line,
            (255, 246, 190, 255),
            font,
            anchor="mm",
            stroke_width=4,
            stroke_fill=(120, 0, 24, 255),
        )
    return sticker

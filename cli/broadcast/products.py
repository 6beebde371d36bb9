"""Draws a product's pack from its label: a charger, a jar, a tube, or a box for anything else."""

from PIL import Image

from cli.broadcast.canvas import Board
from cli.broadcast.labels import PackLabel

PACK_SIZE_PX = (720, 960)

_INK = (38, 44, 58, 255)
_WHITE = (255, 255, 255, 255)


def _charger(board: Board, label: PackLabel) -> None:
    for left in (270, 400):
        board.round_box((left, 60, left + 50, 210), radius=14, fill=(176, 182, 192, 255))
        board.round_box((left + 8, 66, left + 18, 200), radius=5, fill=(226, 230, 236, 255))
    board.round_box((118, 178, 602, 902), radius=70, fill=(188, 196, 208, 255))
    board.gradient_box((128, 178, 592, 890), radius=64, top=(255, 255, 255), bottom=(222, 228, 238))
    board.round_box((170, 220, 550, 530), radius=36, fill=(25, 98, 190, 255))
    board.shape([(170, 470), (550, 330), (550, 490), (520, 530), (200, 530), (170, 500)], fill=(17, 74, 152, 255))
    board.centred_text((360, 310), label.brand, size=96, fill=_WHITE, max_width=340)
    board.shape([(376, 372), (318, 452), (356, 452), (340, 508), (402, 424), (364, 424)], fill=(255, 214, 64, 255))
    for top in (590, 690):
        board.round_box((240, top, 480, top + 62), radius=31, fill=(170, 178, 190, 255))
        board.round_box((248, top + 8, 472, top + 54), radius=23, fill=(34, 38, 48, 255))
        board.round_box((282, top + 24, 438, top + 38), radius=7, fill=(120, 128, 140, 255))
    board.centred_text((360, 825), label.name, size=56, fill=_INK, max_width=400)


def _jar(board: Board, label: PackLabel) -> None:
    board.gradient_box((176, 60, 544, 190), radius=26, top=(250, 206, 92), bottom=(204, 142, 30))
    for left in range(196, 530, 28):
        board.round_box((left, 72, left + 8, 180), radius=4, fill=(184, 124, 22, 255))
    board.round_box((150, 178, 570, 236), radius=24, fill=(255, 236, 190, 235))
    board.gradient_box((96, 214, 624, 908), radius=110, top=(250, 190, 60), bottom=(206, 116, 12))
    board.round_box((130, 270, 164, 820), radius=17, fill=(255, 228, 150, 255))
    board.round_box((140, 380, 580, 800), radius=28, fill=(255, 250, 234, 255), outline=(186, 116, 20, 255))
    board.centred_text((360, 446), label.brand, size=64, fill=(160, 92, 12, 255), max_width=400)
    board.round_box((180, 492, 540, 498), radius=3, fill=(222, 172, 84, 255))
    board.centred_text((360, 578), label.name, size=124, fill=(92, 50, 6, 255), max_width=400)
    for column, row in ((246, 706), (286, 683), (286, 729), (206, 683), (206, 729)):
        _hexagon(board, column, row)
    board.centred_text((430, 712), label.net_content, size=72, fill=(160, 92, 12, 255), max_width=220)


def _hexagon(board: Board, x: float, y: float) -> None:
    board.shape(
        [(x - 24, y), (x - 12, y - 20), (x + 12, y - 20), (x + 24, y), (x + 12, y + 20), (x - 12, y + 20)],
        fill=(246, 186, 66, 255),
    )


def _tube(board: Board, label: PackLabel) -> None:
    board.shape([(142, 50), (578, 50), (563, 776), (157, 776)], fill=(176, 194, 212, 255))
    board.shape([(150, 50), (570, 50), (556, 770), (164, 770)], fill=(255, 255, 255, 255))
    board.gradient_box((148, 36, 572, 96), radius=8, top=(232, 240, 246), bottom=(206, 220, 232))
    for left in range(160, 566, 14):
        board.round_box((left, 40, left + 4, 90), radius=2, fill=(188, 206, 222, 255))
    board.shape([(157, 400), (563, 330), (556, 770), (164, 770)], fill=(86, 190, 222, 255))
    board.shape([(160, 520), (560, 430), (556, 770), (164, 770)], fill=(40, 150, 200, 255))
    board.oval((396, 130, 516, 250), fill=(255, 196, 54, 255))
    board.oval((416, 150, 496, 230), fill=(255, 222, 110, 255))
    board.centred_text((278, 190), label.brand, size=70, fill=(24, 96, 150, 255), max_width=210)
    board.centred_text((360, 320), label.name, size=84, fill=(20, 70, 120, 255), max_width=345)
    board.centred_text((360, 640), label.net_content, size=84, fill=_WHITE, max_width=330)
    board.gradient_box((196, 768, 524, 912), radius=30, top=(250, 252, 255), bottom=(190, 206, 222))
    for left in range(216, 510, 22):
        board.round_box((left, 790, left + 6, 896), radius=3, fill=(176, 194, 212, 255))


def _box(board: Board, label: PackLabel) -> None:
    board.shape([(560, 170), (650, 110), (650, 830), (560, 900)], fill=(150, 116, 84, 255))
    board.shape([(100, 170), (190, 110), (650, 110), (560, 170)], fill=(226, 194, 158, 255))
    board.gradient_box((100, 170, 560, 900), radius=6, top=(206, 168, 128), bottom=(184, 144, 104))
    board.round_box((140, 330, 520, 740), radius=24, fill=(255, 252, 246, 255))
    board.centred_text((330, 410), label.brand, size=64, fill=(140, 96, 52, 255), max_width=340)
    board.centred_text((330, 530), label.name, size=88, fill=_INK, max_width=350)
    board.centred_text((330, 660), label.net_content, size=64, fill=(140, 96, 52, 255), max_width=340)


_SHAPES = (("electronics/charger", _charger), ("food/honey", _jar), ("cosmetics/special/sunscreen", _tube))


def draw_pack(label: PackLabel) -> Image.Image:
    """The product's pack, RGBA on nothing, 720 by 960."""
    board = Board(*PACK_SIZE_PX)
    shape = next((draw for category, draw in _SHAPES if label.category.startswith(category)), _box)
    shape(board, label)
    return board.finish()


def reference_image(label: PackLabel) -> Image.Image:
    """The pack on a plain ground, as a passport's front picture, RGB."""
    pack = draw_pack(label)
    picture = Image.new("RGB", PACK_SIZE_PX, (240, 242, 245))
    picture.paste(pack, (0, 0), pack)
    return picture

"""A small drawing board: smooth shapes through oversampling, text that fits its width."""

from functools import cache

from PIL import Image, ImageDraw, ImageFont

from cli.broadcast.fonts import Weight, chinese_font

Colour = tuple[int, int, int] | tuple[int, int, int, int]
BoxPx = tuple[float, float, float, float]

_OVERSAMPLING = 2
MIN_TEXT_PX = 28


class Board:
    """A transparent picture drawn at twice its size, so that edges come out smooth."""

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self._image = Image.new("RGBA", (width * _OVERSAMPLING, height * _OVERSAMPLING), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self._image)

    def round_box(self, box: BoxPx, *, radius: float, fill: Colour, outline: Colour | None = None) -> None:
        """A rectangle with round corners."""
        self._draw.rounded_rectangle(
            _scaled(box), radius * _OVERSAMPLING, fill, outline, width=4 if outline is not None else 0
        )

    def oval(self, box: BoxPx, *, fill: Colour) -> None:
        """A filled ellipse."""
        self._draw.ellipse(_scaled(box), fill)

    def shape(self, points: list[tuple[float, float]], *, fill: Colour) -> None:
        """A filled polygon."""
        self._draw.polygon([(x * _OVERSAMPLING, y * _OVERSAMPLING) for x, y in points], fill)

    def arc(self, box: BoxPx, *, start: float, end: float, fill: Colour, width: int) -> None:
        """Part of an ellipse's outline, in degrees clockwise from three o'clock."""
        self._draw.arc(_scaled(box), start, end, fill, width * _OVERSAMPLING)

    def gradient_box(self, box: BoxPx, *, radius: float, top: Colour, bottom: Colour) -> None:
        """A rounded rectangle that shades from top to bottom."""
        left, upper, right, lower = (round(edge) for edge in _scaled(box))
        size = (right - left, lower - upper)
        mask = Image.new("L", size, 0)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius * _OVERSAMPLING, 255)
        self._image.paste(vertical_gradient(size, top[:3], bottom[:3]), (left, upper), mask)

    def centred_text(
        self, centre: tuple[float, float], text: str, *, size: int, fill: Colour, max_width: float, outline: int = 0
    ) -> None:
        """Text around a point, shrunk when it is wider than it may be."""
        font = _fitting_font(text, size * _OVERSAMPLING, max_width * _OVERSAMPLING, "Bold", MIN_TEXT_PX * _OVERSAMPLING)
        self._draw.text(
            (centre[0] * _OVERSAMPLING, centre[1] * _OVERSAMPLING),
            text,
            fill,
            font,
            anchor="mm",
            stroke_width=outline * _OVERSAMPLING,
            stroke_fill=(20, 20, 30, 255),
        )

    def finish(self) -> Image.Image:
        """The picture in its own size, RGBA."""
        return self._image.resize(self.size, Image.Resampling.LANCZOS)


def _scaled(box: BoxPx) -> BoxPx:
    left, top, right, bottom = box
    return left * _OVERSAMPLING, top * _OVERSAMPLING, right * _OVERSAMPLING, bottom * _OVERSAMPLING


def vertical_gradient(size: tuple[int, int], top: tuple[int, ...], bottom: tuple[int, ...]) -> Image.Image:
    """An RGB picture that shades from one colour to another."""
    ramp = Image.linear_gradient("L").resize(size, Image.Resampling.BILINEAR)
    return Image.composite(Image.new("RGB", size, bottom[:3]), Image.new("RGB", size, top[:3]), ramp)


def _fitting_font(text: str, size: int, max_width: float, weight: Weight, floor: int) -> ImageFont.FreeTypeFont:
    while size > floor and chinese_font(size, weight).getlength(text) > max_width:
        size -= 2
    return chinese_font(size, weight)


@cache
def fit_text(
    text: str, *, size: int, max_width: int, weight: Weight = "Bold"
) -> tuple[ImageFont.FreeTypeFont, tuple[str, ...]]:
    """A font and the lines that fit the width: shrunk down to 28 px first, wrapped after that."""
    font = _fitting_font(text, size, max_width, weight, MIN_TEXT_PX)
    lines = [""]
    for character in text:
        if lines[-1] and font.getlength(lines[-1] + character) > max_width:
            lines.append("")
        lines[-1] += character
    return font, tuple(line.strip() for line in lines)

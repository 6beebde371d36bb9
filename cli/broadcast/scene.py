"""Paints any moment of a broadcast as one picture."""

import math
from collections.abc import Mapping
from functools import cached_property

from PIL import Image

from cli.broadcast.draw import CARD_LEFT_PX, TITLE_BAR_PX, draw_overlay, draw_pack_for_stage, draw_title_bar
from cli.broadcast.labels import PackLabel
from cli.broadcast.script import BroadcastScript, Layout, TimeSpan
from cli.broadcast.studio import HEIGHT_PX, WIDTH_PX, draw_backdrop, draw_desk, draw_host, drift_px, eyes_shut

_FADE_MS = 240
_MOUTH_STEPS = 6
_STAGE_BOTTOM_PX = 600
_STAGE_CENTRE_PX = 610
_CARD_TOP_PX = TITLE_BAR_PX + 40
_CAPTION_BOTTOM_PX = HEIGHT_PX - 18
_HOST_AT_PX = (36, 196)


class Scene:
    """A broadcast's pictures; the still parts are drawn once."""

    def __init__(self, script: BroadcastScript, layout: Layout, labels: Mapping[str, PackLabel]) -> None:
        self._script = script
        self._layout = layout
        self._labels = labels
        self._hosts: dict[tuple[int, bool], Image.Image] = {}
        self._packs: dict[tuple[str, int], Image.Image] = {}
        self._overlays = tuple(draw_overlay(overlay) for overlay in script.screen)
        self._backdrop = draw_backdrop()
        self._title_bar = draw_title_bar(script.title, f"主播 {script.host.name}")
        self._desk = draw_desk()

    def paint(self, at_ms: int, *, voice: float) -> Image.Image:
        """The picture at this moment, RGB; `voice` is how loud the host speaks, in [0, 1]."""
        offset = drift_px(at_ms)
        picture = self._backdrop.crop((offset, 0, offset + WIDTH_PX, HEIGHT_PX))
        sway = round(3 * math.sin(at_ms / 1_900))
        host = self._host(round(min(voice * 1.4, 1.0) * (_MOUTH_STEPS - 1)), eyes_shut(at_ms))
        _paste(picture, host, (_HOST_AT_PX[0] + sway, _HOST_AT_PX[1]))
        _paste(picture, self._desk, (0, HEIGHT_PX - self._desk.height))
        self._paint_packs(picture, at_ms)
        _paste(picture, self._title_bar, (0, 0))
        self._paint_overlays(picture, at_ms)
        return picture

    def _host(self, mouth_step: int, shut: bool) -> Image.Image:
        key = (mouth_step, shut)
        if key not in self._hosts:
            self._hosts[key] = draw_host(mouth_open=mouth_step / (_MOUTH_STEPS - 1), eyes_shut=shut)
        return self._hosts[key]

    @cached_property
    def _products(self) -> tuple[str, ...]:
        """The products in the order in which they are first spoken of."""
        return tuple(dict.fromkeys(line.product_id for line in self._script.lines if line.product_id is not None))

    def _product_at(self, at_ms: int) -> str | None:
        current = None
        for line in self._script.lines:
            if self._layout.lines[line.id].start_ms > at_ms:
                break
            current = line.product_id
        return current

    def _paint_packs(self, picture: Image.Image, at_ms: int) -> None:
        product_id = self._product_at(at_ms)
        if product_id is not None:
            pack = self._pack(product_id, 440)
            lift = round(4 + 4 * math.sin(at_ms / 900))
            _paste(picture, pack, (_STAGE_CENTRE_PX - pack.width // 2, _STAGE_BOTTOM_PX - pack.height - lift))
            return
        room = WIDTH_PX - 400
        for index, shown in enumerate(self._products):
            pack = self._pack(shown, min(360, room * 4 // (3 * len(self._products))))
            centre = 400 + room * (2 * index + 1) // (2 * len(self._products))
            _paste(picture, pack, (centre - pack.width // 2, _STAGE_BOTTOM_PX - pack.height))

    def _pack(self, product_id: str, height: int) -> Image.Image:
        key = (product_id, height)
        if key not in self._packs:
            self._packs[key] = draw_pack_for_stage(self._labels[product_id], height)
        return self._packs[key]

    def _paint_overlays(self, picture: Image.Image, at_ms: int) -> None:
        card_y, caption_y = _CARD_TOP_PX, _CAPTION_BOTTOM_PX
        for overlay, layer, span in zip(self._script.screen, self._overlays, self._layout.overlays, strict=True):
            if not span.holds(at_ms):
                continue
            if overlay.kind == "caption":
                caption_y -= layer.height
                place = ((WIDTH_PX - layer.width) // 2, caption_y)
            else:
                place = (CARD_LEFT_PX, card_y)
                card_y += layer.height + 24
            _paste(picture, layer, place, opacity=_opacity(span, at_ms))


def _opacity(span: TimeSpan, at_ms: int) -> float:
    return max(0.0, min(1.0, (at_ms - span.start_ms) / _FADE_MS, (span.end_ms - at_ms) / _FADE_MS))


def _paste(picture: Image.Image, layer: Image.Image, place: tuple[int, int], *, opacity: float = 1.0) -> None:
    mask = layer.getchannel("A")
    if opacity < 1.0:
        mask = mask.point([round(value * opacity) for value in range(256)])
    picture.paste(layer, place, mask)

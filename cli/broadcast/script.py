"""The script of a broadcast, and where each line and overlay stands on its clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cli.broadcast.errors import ScriptError

LEAD_IN_MS = 1_500
TAIL_MS = 2_000

OverlayKind = Literal["product_card", "caption", "sticker"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Expected(_Record):
    """A finding that screening must give; only the final comparison may read it."""

    class_id: Annotated[str, Field(alias="class")]
    also_right: tuple[str, ...] = ()
    verdict: str
    quote: str | None = None
    registered: str | None = None


class ScriptHost(_Record):
    """Who speaks in the broadcast."""

    id: str
    name: str
    platform: str


class SpokenLine(_Record):
    """One sentence of the host; `audio` is a file in the audio folder, `product_id` None: about no product."""

    id: str
    audio: str
    duration_ms: Annotated[int, Field(gt=0)]
    text: str
    product_id: str | None = None
    expected: tuple[Expected, ...] = ()


class Overlay(_Record):
    """Words on screen from the start of line `from` to the end of line `to`."""

    from_line: Annotated[str, Field(alias="from")]
    to_line: Annotated[str, Field(alias="to")]
    kind: OverlayKind
    text: Annotated[tuple[str, ...], Field(min_length=1)]
    expected: tuple[Expected, ...] = ()


class BroadcastScript(_Record):
    """A whole broadcast: what is said, what is shown, and what screening it must find."""

    title: str
    started_at: datetime
    host: ScriptHost
    passports: str
    gap_ms: Annotated[int, Field(ge=0)] = 600
    lines: Annotated[tuple[SpokenLine, ...], Field(min_length=1)]
    screen: tuple[Overlay, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _overlays_name_lines_in_order(self) -> Self:
        place = {line.id: index for index, line in enumerate(self.lines)}
        if len(place) != len(self.lines):
            raise ValueError("two lines have the same id: give each its own")
        for overlay in self.screen:
            for line_id in (overlay.from_line, overlay.to_line):
                if line_id not in place:
                    raise ValueError(f"overlay {overlay.text[0]!r} names line {line_id!r}, which is not in lines")
            if place[overlay.from_line] > place[overlay.to_line]:
                raise ValueError(f"overlay {overlay.text[0]!r} ends before it begins: swap from and to")
        return self


def read_script(path: Path) -> BroadcastScript:
    """The script in a JSON file shaped like `configs/demo/demo.json`.

    Raises ScriptError naming the file and each wrong field.
    """
    try:
        return BroadcastScript.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ScriptError(f"{path}: can't be read ({error.strerror}); give the path of a script file") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'script'}: {e['msg']}" for e in error.errors())
        raise ScriptError(f"{path}: not a broadcast script: {wrong}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSpan:
    """A half-open span on the broadcast's clock."""

    start_ms: int
    end_ms: int

    def holds(self, at_ms: int) -> bool:
        """Whether the moment lies within the span."""
        return self.start_ms <= at_ms < self.end_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where everything stands: lines by id, overlays in the order of the script."""

    lines: Mapping[str, TimeSpan]
    overlays: tuple[TimeSpan, ...]
    end_ms: int


def lay_out(script: BroadcastScript) -> Layout:
    """Lines one after the other with the script's gap between, overlays over the lines they name."""
    lines: dict[str, TimeSpan] = {}
    at_ms = LEAD_IN_MS
    for line in script.lines:
        lines[line.id] = TimeSpan(start_ms=at_ms, end_ms=at_ms + line.duration_ms)
        at_ms += line.duration_ms + script.gap_ms
    overlays = tuple(
        TimeSpan(start_ms=lines[overlay.from_line].start_ms, end_ms=lines[overlay.to_line].end_ms)
        for overlay in script.screen
    )
    return Layout(lines=lines, overlays=overlays, end_ms=at_ms - script.gap_ms + TAIL_MS)

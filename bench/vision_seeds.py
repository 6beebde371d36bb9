"""Reading rooms of seeds and colours that nobody looked at while limits were set, beside the unmodified peer."""

from bench.room_scripts import varied_rooms
from bench.vision import read_rooms

_HELD_OUT = 801


def run(quick: bool = False) -> list[dict[str, object]]:
    """Rows as those of `bench.vision`; `quick` takes a third of the rooms."""
    rooms = varied_rooms(_HELD_OUT)
    return read_rooms(rooms[::3] if quick else rooms)

"""A reopened live source that gives its last seconds again: what is in the recording already is not recorded twice."""

import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TypeAlias

from ingest.media.container import AnyPacket

_Key: TypeAlias = tuple[str, int, int, int]

_KEPT = 6_000
_UNDECIDED_S = 1.0


def _key(packet: AnyPacket) -> _Key:
    assert packet.dts is not None
    dts_us = int(packet.dts * packet.time_base * 1_000_000)
    return packet.stream.type, dts_us, packet.size, zlib.crc32(bytes(packet))


class RecentPackets:
    """The last packets that were written, over all openings of one source."""

    def __init__(self) -> None:
        self._keys: OrderedDict[_Key, None] = OrderedDict()

    def add(self, packet: AnyPacket) -> None:
        """Remembers a packet that goes into the recording."""
        self._keys[_key(packet)] = None
        if len(self._keys) > _KEPT:
            self._keys.popitem(last=False)

    def holds(self, packet: AnyPacket) -> bool:
        """Whether the very same packet, bytes and time, was written lately."""
        return _key(packet) in self._keys

    def ends_with_one_of(self, packets: Sequence[AnyPacket]) -> bool:
        """Whether the newest packet is among these."""
        return bool(self._keys) and next(reversed(self._keys)) in {_key(packet) for packet in packets}


class Rejoin:
    """Holds the first packets of an opening while they repeat the recording.

    They are dropped if they lead up to the newest recorded packet and came faster than they play: then an origin's
    cache sent them. A publisher that plays the same film from its start again sends them at their own pace.
    """

    def __init__(self, recent: RecentPackets, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._recent = recent
        self._monotonic = monotonic
        self._held: list[AnyPacket] = []
        self._first_s = 0.0
        self._decided = False

    def pass_on(self, packet: AnyPacket) -> list[AnyPacket]:
        """The packets that are to be recorded, now that this one has come."""
        if self._decided:
            return [packet]
        if self._recent.holds(packet):
            if not self._held:
                self._first_s = self._monotonic()
            self._held.append(packet)
            return self.finish() if self._monotonic() - self._first_s > _UNDECIDED_S else []
        return [*self.finish(), packet]

    def finish(self) -> list[AnyPacket]:
        """What was held and is no repetition."""
        self._decided = True
        held, self._held = self._held, []
        if not held or (self._recent.ends_with_one_of(held) and self._came_faster_than_it_plays(held)):
            return []
        return held

    def _came_faster_than_it_plays(self, held: Sequence[AnyPacket]) -> bool:
        times = [float(packet.dts * packet.time_base) for packet in held if packet.dts is not None]
        return self._monotonic() - self._first_s < (max(times) - min(times)) / 2

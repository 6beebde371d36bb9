"""Packets that come without a decoding time get one."""

from ingest.media.container import AnyPacket

# The longest reordering that H.264 allows.
_MOST_UNDATED = 17


class DecodeTimeFiller:
    """Gives a decoding time to packets without one: a Matroska reader knows the order only some pictures later.

    Taken for its decoding time, such a picture's presentation time would look like a jump.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, list[AnyPacket]] = {}
        self._last: dict[int, int] = {}

    def dated(self, packet: AnyPacket) -> list[AnyPacket]:
        """The packets whose decoding time is known now, in order."""
        index = packet.stream.index
        waiting = self._waiting.setdefault(index, [])
        if packet.dts is None and index in self._last:
            assert packet.pts is not None
            packet.dts = min(packet.pts, self._last[index] + (packet.duration or 1))
        if packet.dts is None:
            waiting.append(packet)
            return self.rest(index) if len(waiting) == _MOST_UNDATED else []
        self._last[index] = packet.dts
        next_dts = packet.dts
        for earlier in reversed(waiting):
            assert earlier.pts is not None
            next_dts = earlier.dts = min(earlier.pts, next_dts - (earlier.duration or 1))
        self._waiting[index] = []
        return [*waiting, packet]

    def rest(self, index: int) -> list[AnyPacket]:
        """The stream's packets that wait in vain, dated by their presentation times alone."""
        waiting = self._waiting.pop(index, [])
        times = [packet.pts for packet in waiting if packet.pts is not None]
        late = max((ordered - pts for ordered, pts in zip(sorted(times), times, strict=True)), default=0)
        for packet, ordered in zip(waiting, sorted(times), strict=True):
            packet.dts = self._last[index] = ordered - late
        return waiting

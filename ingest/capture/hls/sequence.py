"""Which listed segments of a live playlist are new."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from ingest.capture.hls.playlist import ListedSegment, MediaPlaylist

_BACKWARD_LOADS = 3


class SequenceTracker:
    """Follows media sequence numbers over reloads, and notices a publisher that started to count anew.

    A cache may serve an older playlist for a moment: numbers that step back are a restart only if nothing listed was
    ever seen, if a number now stands for another URI, or if they stay behind for three loads while they grow.
    """

    def __init__(self) -> None:
        self._paths: dict[int, str] = {}
        self._last = -1
        self._window = 0
        self._backward: list[int] = []

    def fresh(self, playlist: MediaPlaylist, candidates: Iterable[ListedSegment]) -> list[tuple[ListedSegment, bool]]:
        """The candidates not given before, oldest first; true beside the first after a restart."""
        restarted = self._restarted(playlist)
        if restarted:
            self._paths.clear()
            self._last = -1
            self._window = 0
            self._backward.clear()
        new = [listed for listed in candidates if listed.media_sequence > self._last]
        self._window = max(self._window, len(playlist.segments))
        for listed in new:
            self._paths[listed.media_sequence] = _path(listed)
            self._last = listed.media_sequence
        kept = {listed.media_sequence for listed in playlist.segments}
        self._paths = {number: path for number, path in self._paths.items() if number in kept or number >= self._last}
        return [(listed, restarted and index == 0) for index, listed in enumerate(new)]

    def _restarted(self, playlist: MediaPlaylist) -> bool:
        if self._last < 0 or not playlist.segments:
            return False
        for listed in playlist.segments:
            known = self._paths.get(listed.media_sequence)
            if known is not None and known != _path(listed):
                return True
        last = playlist.segments[-1].media_sequence
        if last >= self._last:
            self._backward.clear()
            return False
        if last < self._last - 2 * max(self._window, len(playlist.segments)):
            return True
        if not self._backward or last > self._backward[-1]:
            self._backward.append(last)
        return len(self._backward) >= _BACKWARD_LOADS


def _path(listed: ListedSegment) -> str:
    where = urlsplit(listed.uri).path
    return f"{where}@{listed.byte_range.first}" if listed.byte_range else where

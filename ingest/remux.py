"""Files and plain HTTP streams as parts: the same compressed packets, cut and put into new containers."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from pathlib import Path, PurePath
from typing import BinaryIO

import httpx
from av.container import InputContainer

from ingest.backoff import backoff_s, pause
from ingest.cutter import Cutter
from ingest.errors import BrokenMedia, RefusedAddress, SourceNotFound, UnreachableSource, UnsupportedSource
from ingest.httpfile import HttpFile
from ingest.media import DAMAGE, best_streams, chosen, demux_chosen, open_media, reason
from ingest.part import EndReason, Part, Surroundings
from ingest.playlist import is_playlist

# Without it a stream that has only sound is watched for five seconds before the first packet comes.
LIVE_OPTIONS = {"analyzeduration": "1000000"}


def remux_file(path: Path, around: Surroundings) -> Generator[Part, None, EndReason]:
    """The parts of a local file, as fast as it can be read."""
    if not path.is_file():
        raise SourceNotFound(path)
    with path.open("rb") as file:
        return (yield from remux_readable(file, str(path), around))


def remux_readable(file: BinaryIO, name: str, around: Surroundings) -> Generator[Part, None, EndReason]:
    """The parts of a finished file that can be sought. Playlists are refused: they can point anywhere."""
    if is_playlist(file.read(1024)) or PurePath(name).suffix.lower() in {".m3u8", ".m3u"}:
        raise UnsupportedSource(name, "a stored or local playlist can point anywhere; give its URL or a media file")
    file.seek(0)
    with open_media(file, name) as container:
        return (yield from _cut(container, name, live=False, around=around))


def remux_http(
    client: httpx.Client, first: HttpFile, *, stall_limit_s: float, around: Surroundings
) -> Generator[Part, None, EndReason]:
    """The parts of a media URL; one without a length is live."""
    url = first.url
    if not first.is_live:
        with first, open_media(first, url) as container:
            return (yield from _cut(container, url, live=False, around=around))
    files = chain([first], iter(lambda: HttpFile(client, url, around.stop), None))

    @contextmanager
    def opened() -> Iterator[InputContainer]:
        with next(files) as file, open_media(file, url, LIVE_OPTIONS) as container:
            yield container

    return (yield from remux_live(opened, url, stall_limit_s=stall_limit_s, around=around))


def remux_live(
    opened: Callable[[], AbstractContextManager[InputContainer]],
    source: str,
    *,
    stall_limit_s: float,
    around: Surroundings,
) -> Generator[Part, None, EndReason]:
    """The parts of a live source, reopened as a new epoch until it has stayed away for the limit.

    A source that never gave media raises what stood in the way.
    """
    seen = False
    attempt = 0
    last_part_s = time.monotonic()
    while True:
        failure: UnreachableSource | BrokenMedia | RefusedAddress | None = None
        try:
            with opened() as container:
                for part in _cut(container, source, live=True, around=around):
                    seen = True
                    attempt = 0
                    last_part_s = time.monotonic()
                    yield part
        except (UnreachableSource, BrokenMedia, RefusedAddress) as error:
            failure = error
        if around.stop():
            return EndReason.STOPPED
        if failure and not seen and not (isinstance(failure, UnreachableSource) and failure.transient):
            raise failure
        if time.monotonic() - last_part_s > stall_limit_s:
            if not seen:
                raise failure or UnreachableSource(source, f"no media in {stall_limit_s:.0f} s")
            return EndReason.VANISHED
        if pause(backoff_s(attempt), around.stop):
            return EndReason.STOPPED
        attempt += 1


def _cut(
    container: InputContainer, source: str, *, live: bool, around: Surroundings
) -> Generator[Part, None, EndReason]:
    streams = chosen(*best_streams(container, source))
    cutter = Cutter(streams, source, live, around)
    packets = demux_chosen(container, streams)
    failure: BrokenMedia | UnreachableSource | None = None
    while not around.stop():
        try:
            packet = next(packets, None)
        except DAMAGE as error:
            failure = BrokenMedia(source, reason(error))
            break
        except UnreachableSource as error:
            failure = error
            break
        if packet is None:
            break
        yield from cutter.push(packet)
    # A file that is read again is cut the same way, so a part that stopped short would be recorded twice.
    if live or not (around.stop() or isinstance(failure, UnreachableSource)):
        yield from cutter.finish()
    if failure is not None:
        raise failure
    return EndReason.STOPPED if around.stop() else EndReason.COMPLETE

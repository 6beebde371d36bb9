"""Files and plain HTTP streams as parts: the same compressed packets, cut and put into new containers."""

import time
from collections.abc import Generator
from pathlib import Path

import httpx
from av.container import InputContainer

from ingest.backoff import backoff_s, pause
from ingest.cutter import Cutter
from ingest.errors import BrokenMedia, SourceNotFound, UnreachableSource, UnsupportedSource
from ingest.httpfile import HttpFile
from ingest.media import DAMAGE, best_streams, chosen, demux_chosen, open_media, reason
from ingest.part import EndReason, Part, Surroundings
from ingest.playlist import is_playlist

# Without it a stream that has only sound is watched for five seconds before the first packet comes.
_LIVE_OPTIONS = {"analyzeduration": "1000000"}


def remux_file(path: Path, around: Surroundings) -> Generator[Part, None, EndReason]:
    """The parts of a local file, as fast as it can be read. Playlists are refused: they can point anywhere."""
    if not path.is_file():
        raise SourceNotFound(path)
    with path.open("rb") as file:
        head = file.read(1024)
        if is_playlist(head) or path.suffix.lower() in {".m3u8", ".m3u"}:
            raise UnsupportedSource(str(path), "a local playlist can point anywhere; give its URL or a media file")
        file.seek(0)
        with open_media(file, str(path)) as container:
            return (yield from _cut(container, str(path), live=False, around=around))


def remux_http(
    client: httpx.Client, first: HttpFile, *, stall_limit_s: float, around: Surroundings
) -> Generator[Part, None, EndReason]:
    """The parts of a media URL. A live one is reopened as a new epoch until it has stayed away for the limit."""
    url = first.url
    if not first.is_live:
        with first, open_media(first, url) as container:
            return (yield from _cut(container, url, live=False, around=around))
    file = first
    seen = False
    attempt = 0
    last_part_s = time.monotonic()
    while True:
        failure: UnreachableSource | BrokenMedia | None = None
        try:
            with file, open_media(file, url, _LIVE_OPTIONS) as container:
                for part in _cut(container, url, live=True, around=around):
                    seen = True
                    attempt = 0
                    last_part_s = time.monotonic()
                    yield part
        except (UnreachableSource, BrokenMedia) as error:
            failure = error
        if around.stop():
            return EndReason.STOPPED
        if failure and not seen and (isinstance(failure, BrokenMedia) or not failure.transient):
            raise failure
        if time.monotonic() - last_part_s > stall_limit_s:
            if not seen:
                raise failure or UnreachableSource(url, f"no media in {stall_limit_s:.0f} s")
            return EndReason.VANISHED
        if pause(backoff_s(attempt), around.stop):
            return EndReason.STOPPED
        attempt += 1
        file = HttpFile(client, url, around.stop)


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

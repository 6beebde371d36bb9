"""Files and plain HTTP streams as parts: the same compressed packets, cut and put into new containers."""

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PurePath
from typing import BinaryIO

from av.container import InputContainer

from ingest.capture.cutter import Cutter, time_us
from ingest.capture.hls.playlist import is_playlist
from ingest.capture.http_file import HttpFile
from ingest.capture.watchdog import Watchdog, WatchedFile
from ingest.errors import BrokenMedia, SourceNotFound
from ingest.media.container import DAMAGE, best_streams, chosen, demux_chosen, open_media, reason
from ingest.recording.part import Part, Surroundings
from ingest.types import EndReason, GapKind
from net.errors import UnreachableSource, UnsupportedSource

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


def remux_http(file: HttpFile, *, stall_limit_s: float, around: Surroundings) -> Generator[Part, None, EndReason]:
    """The parts of a media URL; one without a length is live."""
    if not file.is_live:
        with open_media(file, file.url) as container:
            return (yield from _cut(container, file.url, live=False, around=around))
    watchdog = Watchdog(file.url, stall_limit_s)

    @contextmanager
    def opened() -> Iterator[InputContainer]:
        with open_media(WatchedFile(file, watchdog), file.url, LIVE_OPTIONS) as container:
            yield container

    return (yield from remux_live(opened, file.url, watchdog=watchdog, around=around))


def remux_live(
    opened: Callable[[], AbstractContextManager[InputContainer]],
    source: str,
    *,
    watchdog: Watchdog,
    around: Surroundings,
) -> Generator[Part, None, EndReason]:
    """The parts of a live source until its connection ends or fails; whoever wants more opens it again.

    Raises UnreachableSource and BrokenMedia after the last part.
    """
    with opened() as container:
        yield from _cut(container, source, live=True, around=around, watchdog=watchdog)
    if around.stop():
        return EndReason.STOPPED
    around.note(GapKind.PUBLISHER, "the origin ended the connection")
    return EndReason.VANISHED


def _cut(
    container: InputContainer, source: str, *, live: bool, around: Surroundings, watchdog: Watchdog | None = None
) -> Generator[Part, None, EndReason]:
    streams = chosen(*best_streams(container, source))
    cutter = Cutter(streams, source, live, around, wraps=container.format.name == "mpegts")
    packets = demux_chosen(container, streams)
    failure: BrokenMedia | UnreachableSource | None = None
    while not around.stop():
        try:
            packet = next(packets, None)
            if watchdog is not None and packet is not None:
                if packet.dts is not None:
                    watchdog.saw(time_us(packet))
                watchdog.check()
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

"""Which files a batch is made of: files, folders, object stores, addresses, and lists of these."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from cluster.batch.types import BatchSource
from ingest.capture.object_store import list_objects
from ingest.errors import SourceNotFound
from net.errors import SourceError, shown
from net.guard import check_url
from net.schemes import is_object

MEDIA = frozenset(
    {
        *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".flv", ".ts", ".m2ts", ".avi", ".mpg", ".mpeg", ".wmv", ".3gp"),
        *(".mp3", ".m4a", ".aac", ".wav", ".flac", ".ogg", ".opus"),
    }
)
LISTS = frozenset({".txt", ".list"})
_UNKNOWN = "unknown"


class NoMedia(SourceError):
    """A path of a batch leads to no media file; the caller can act."""

    def __init__(self, place: str) -> None:
        super().__init__(f"{shown(place)}: holds no media file; name a file, a folder with media, or a list of these")


def batch_sources(places: Iterable[str], host_id: str | None = None) -> tuple[BatchSource, ...]:
    """Every file, once, in the order of the places. `host_id` None: a file's folder tells whose it is.

    Raises SourceNotFound, NoMedia, and what the guard says of an address that is none.
    """
    found: dict[str, BatchSource] = {}
    for place in places:
        before = len(found)
        for source in _sources(place, host_id):
            found.setdefault(source.source, source)
        if len(found) == before and not any(True for _ in _sources(place, host_id)):
            raise NoMedia(place)
    return tuple(found.values())


def _sources(place: str, host_id: str | None) -> Iterator[BatchSource]:
    if is_object(place):
        names = list_objects(place) if place.endswith("/") else [place]
        yield from (_remote(name, host_id) for name in names if not place.endswith("/") or _is_media(name))
        return
    if "://" in place:
        check_url(place)
        yield _remote(place, host_id)
        return
    path = Path(place)
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file() and _is_media(file.name))
        yield from (_local(file, host_id) for file in files if not _is_hidden(file.relative_to(path)))
    elif not path.is_file():
        raise SourceNotFound(path)
    elif path.suffix.lower() in LISTS:
        yield from _listed(path, host_id)
    else:
        yield _local(path, host_id)


def _listed(path: Path, host_id: str | None) -> Iterator[BatchSource]:
    """The files that a list names, one a line; paths are taken from where the list lies, # begins a remark."""
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        place = line.strip()
        if place and not place.startswith("#"):
            yield from _sources(place if "://" in place else str(path.parent / place), host_id)


def _local(path: Path, host_id: str | None) -> BatchSource:
    folder = path.absolute().parent.name
    return BatchSource(name=str(path), source=str(path.absolute()), host_id=host_id or folder or _UNKNOWN)


def _remote(source: str, host_id: str | None) -> BatchSource:
    return BatchSource(name=shown(source), source=source, host_id=host_id or _UNKNOWN)


def _is_media(name: str) -> bool:
    return Path(name).suffix.lower() in MEDIA


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)

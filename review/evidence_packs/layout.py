"""What lies where in a pack, how much of it there may be, and the one spelling of its zip."""

import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO

FORMAT = "zhenyan-pack/1"
SIGNATURE = "signature.json"
SIGNED = "tagmanifest-sha256.txt"
MANIFEST = "manifest-sha256.txt"
SM3_LIST = "sm3sums.txt"
BAGIT_FILE = "bagit.txt"
INFO = "bag-info.txt"
TAGS = frozenset({BAGIT_FILE, INFO, MANIFEST, SM3_LIST})
BAGIT = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
BLOCK_BYTES = 1 << 20

# No pack has more than this; a check refuses what has, and names it, before it reads or parses it.
MOST_FILES = 20_000
MOST_BYTES = 64 << 30
MOST_PARSED_BYTES = 8 << 20
MOST_PARSED_IN_ALL = 64 << 20
MOST_FOLDERS_DEEP = 8
LONGEST_PLACE = 300

_ZIP_MOMENT = (1980, 1, 1, 0, 0, 0)


def zip_pack(folder: Path, target: Path) -> Path:
    """The folder as an uncompressed zip of one spelling: names in order, no times; one pack gives the same bytes."""
    unfinished = target.with_name(target.name + ".part")
    paths = [path for path in folder.rglob("*") if path.is_file()]
    sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in paths}
    with unfinished.open("wb") as file:
        spell_zip(file, sizes, lambda name: blocks_of(folder / name))
    return unfinished.replace(target)


def spell_zip(file: IO[bytes], sizes: Mapping[str, int], blocks: Callable[[str], Iterable[bytes]]) -> None:
    """Writes files of these sizes as a pack's zip; `blocks` gives the bytes of one, a piece at a time."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(sizes):
            with archive.open(_zip_entry(name, sizes[name]), "w") as written:
                for block in blocks(name):
                    written.write(block)


def blocks_of(path: Path) -> Iterable[bytes]:
    """The file's bytes, a piece at a time."""
    with path.open("rb") as source:
        while block := source.read(BLOCK_BYTES):
            yield block


def _zip_entry(name: str, byte_count: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ZIP_MOMENT)
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    entry.file_size = byte_count
    return entry

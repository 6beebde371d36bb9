"""What lies where in a pack, and the one spelling of its zip."""

import shutil
import zipfile
from pathlib import Path

FORMAT = "zhenyan-pack/1"
SIGNATURE = "signature.json"
SIGNED = "tagmanifest-sha256.txt"
MANIFEST = "manifest-sha256.txt"
SM3_LIST = "sm3sums.txt"
BLOCK_BYTES = 1 << 20
_ZIP_MOMENT = (1980, 1, 1, 0, 0, 0)


def zip_pack(folder: Path, target: Path) -> Path:
    """The folder as an uncompressed zip of one spelling: names in order, no times; one pack gives the same bytes."""
    unfinished = target.with_name(target.name + ".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()):
            entry = _zip_entry(name, (folder / name).stat().st_size)
            with (folder / name).open("rb") as source, archive.open(entry, "w") as written:
                shutil.copyfileobj(source, written, BLOCK_BYTES)
    return unfinished.replace(target)


def _zip_entry(name: str, byte_count: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ZIP_MOMENT)
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    entry.file_size = byte_count
    return entry

"""Prints what the image's Python packages take on the disk: those that its extras ask for, as they are installed here.

`python -m scripts.image_size worker server s3`: the largest first, in MB of 1,000,000 bytes, and their sum. Packages
that are not installed here are named and not counted.
"""

import sys
from importlib.metadata import Distribution
from pathlib import Path

from scripts.closures import closure

_SHOWN = 12


def size_bytes(package: Distribution) -> int:
    """What the package's files take."""
    paths = (Path(str(package.locate_file(file))) for file in package.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file())


def main(extras: list[str]) -> None:
    """Prints the table."""
    found, missing = closure("zhenyan", frozenset(extras))
    sizes = sorted(((size_bytes(package), name) for name, package in found.items()), reverse=True)
    for size, name in sizes[:_SHOWN]:
        print(f"{size / 1e6:8.1f} MB  {name}")
    print(f"{sum(size for size, _ in sizes) / 1e6:8.1f} MB  {len(sizes)} packages")
    if missing:
        print(f"not installed here: {', '.join(sorted(missing))}")


if __name__ == "__main__":
    main(sys.argv[1:])

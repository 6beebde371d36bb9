"""What an installation of the program takes along, read from what is installed here."""

from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# The extras of the image.
SHIPPED = frozenset({"worker", "server", "s3"})


def closure(name: str, extras: frozenset[str]) -> tuple[dict[str, Distribution], set[str]]:
    """The package with all that it asks for with these extras, by name, and the names of what is not installed here."""
    found: dict[str, Distribution] = {}
    missing: set[str] = set()
    asked: set[tuple[str, frozenset[str]]] = set()
    waiting = [(str(canonicalize_name(name)), extras)]
    while waiting:
        one = waiting.pop()
        if one in asked:
            continue
        asked.add(one)
        try:
            found[one[0]] = distribution(one[0])
        except PackageNotFoundError:
            missing.add(one[0])
            continue
        for line in found[one[0]].requires or ():
            wanted = Requirement(line)
            marker = wanted.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *one[1])):
                waiting.append((str(canonicalize_name(wanted.name)), frozenset(wanted.extras)))
    return found, missing

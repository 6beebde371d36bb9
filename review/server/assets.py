"""The files that pages load, with the hashes that browsers hold them to."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STATIC_DIR = Path(__file__).parent / "static"
PAGES_DIR = Path(__file__).parent / "templates"
VENDOR_DIR = STATIC_DIR / "vendor"
_CHARTS = "chart-4.6.1.umd.min.js"
_PARTS = "htmx-2.0.11.min.js"
_VENDORED = (_PARTS, "wavesurfer-7.12.12.min.js")


@cache
def bundle() -> str:
    """The hash of all files that pages load: one for all, since modules name each other by their places."""
    digest = hashlib.sha256()
    for file in sorted(STATIC_DIR.rglob("*")):
        if file.is_file():
            digest.update(f"{file.relative_to(STATIC_DIR)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def static_url(name: str) -> str:
    """The address of a file that pages load, which may be kept for a year."""
    return f"/static/{bundle()}/{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A vendored script and its subresource integrity."""

    url: str
    integrity: str


def vendored_hashes() -> dict[str, str]:
    """The SHA-256 of each vendored file in hex, as `SHA256SUMS` records it."""
    lines = (VENDOR_DIR / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def vendored_scripts() -> tuple[Script, ...]:
    """The scripts of the pages with a clip, in the order in which they load them."""
    return tuple(_script(name) for name in _VENDORED)


def parts_script() -> Script:
    """What asks for parts of a page anew; of pages without a clip only those load it that do."""
    return _script(_PARTS)


def chart_script() -> Script:
    """What draws the charts of the dashboards; no other page loads it."""
    return _script(_CHARTS)


def chart_source() -> str:
    """The same as text, for a report that is one file."""
    return (VENDOR_DIR / _CHARTS).read_text(encoding="utf-8")


def _script(name: str) -> Script:
    digest = bytes.fromhex(vendored_hashes()[name])
    return Script(url=static_url(f"vendor/{name}"), integrity="sha256-" + base64.b64encode(digest).decode("ascii"))

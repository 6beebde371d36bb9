"""Which product a scanned code means: an EAN's GTIN, a GS1 Digital Link, or a passport's own link."""

import re
from collections.abc import Sequence
from itertools import pairwise
from urllib.parse import parse_qs, unquote, urlsplit

from claims.passports.identifiers import gtin_is_valid
from claims.passports.passport import Passport

_WEB = re.compile(r"https?://", re.IGNORECASE)


def gtin14(digits: str) -> str | None:
    """The number as 14 digits; None unless it is a GTIN with the right check digit."""
    return digits.zfill(14) if gtin_is_valid(digits) else None


def gtin_of(text: str) -> str | None:
    """The GTIN (14 digits) that a code's text carries: bare, or in a GS1 Digital Link (…/01/GTIN… or ?01=GTIN)."""
    text = text.strip()
    if _WEB.match(text) is None:
        return gtin14(text)
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    steps = [unquote(step) for step in parts.path.split("/")]
    named = [value for name, value in pairwise(steps) if name in {"01", "gtin"}]
    asked = parse_qs(parts.query).get("01", [])
    return next((gtin for value in (*named, *asked) if (gtin := gtin14(value)) is not None), None)


class ProductCodeIndex:
    """The products on sale by their numbers and links."""

    def __init__(self, passports: Sequence[Passport]) -> None:
        self._by_gtin = {gtin: p for p in passports if p.gtin is not None and (gtin := gtin14(p.gtin)) is not None}
        links = ((link, p) for p in passports for link in (p.link, p.id) if link is not None)
        self._by_link = {_plain(link): p for link, p in links if _WEB.match(link)}

    def product_of(self, text: str) -> Passport | None:
        """The product that a code with this text means; None: none of those on sale."""
        gtin = gtin_of(text)
        if gtin is not None and gtin in self._by_gtin:
            return self._by_gtin[gtin]
        return self._by_link.get(_plain(text)) if _WEB.match(text.strip()) else None


def _plain(link: str) -> str:
    return link.strip().rstrip("/").partition("#")[0]

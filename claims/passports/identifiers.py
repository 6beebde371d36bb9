"""Check digits of product identifiers and patents."""

import re

_PATENT_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)


def gtin_is_valid(gtin: str) -> bool:
    """True for a GTIN-8, -12, -13 or -14 with the right GS1 mod-10 check digit."""
    if not re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", gtin):
        return False
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(gtin[:-1])))
    return (10 - total % 10) % 10 == int(gtin[-1])


def patent_is_valid(number: str) -> bool:
    """True for a Chinese patent number ZL + 12 digits + check digit (mod 11)."""
    match = re.fullmatch(r"ZL([0-9]{12})\.?([0-9X])", number.replace(" ", "").upper())
    if match is None:
        return False
    rest = sum(int(d) * w for d, w in zip(match[1], _PATENT_WEIGHTS, strict=True)) % 11
    return ("X" if rest == 10 else str(rest)) == match[2]

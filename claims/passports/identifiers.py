"""Check digits and number formats of product identifiers, certificates and patents."""

import re

CERTIFICATE_FORMATS: dict[str, str] = {
    "CCC": r"\d{16}|20\d{2}\d{12}",
    "HEALTH_FOOD_REG": r"国食健注[GJ]\d{8}|国食健字[GJ]\d{8}|卫食健(进)?字[（(]\d{4}[)）]第\d{4}号",
    "HEALTH_FOOD_FILING": r"食健备(G\d{12}|J\d{4}00\d{6})",
    "INFANT_FORMULA_REG": r"国食注字YP\d{8}",
    "FSMP_REG": r"国食注字TY\d{8}",
    "FOOD_LICENCE_SC": r"SC\d{14}",
    "COSMETIC_SPECIAL": r"国妆特(进|制)?字[GJ]?\d{8,12}",
    "COSMETIC_FILING": r"[一-龥]G妆网备字\d{10,12}|国妆网备(进|制)字([（(][一-龥]+[)）])?\d{8,12}",
    "DEVICE_REG": r"(国|[一-龥])械注(准|进|许)\d{11}",
    "DEVICE_FILING": r"[一-龥]{1,4}械备\d{7,12}号?",
    "DRUG": r"国药准字[HZSJTFB]\d{8}",
    "ORGANIC": r"\d{3}(OP|EU|NOP)\d{6,}",
    "AD_APPROVAL": r"[一-龥](药|械|食健|食特)广审[（(](文|视|声)[)）]第\d{6}-\d{5}号",
    "PATENT": r"ZL\d{12}\.[\dX]",
    "ENERGY_LABEL": r".{1,60}",
    "GEM_REPORT": r".{1,60}",
    "TEST_REPORT": r".{1,80}",
    "OTHER": r".+",
}
_SCHEME_ALIASES = {"SC": "FOOD_LICENCE_SC", "NMPA_SPECIAL_COSMETIC": "COSMETIC_SPECIAL"}
_BLUE_HAT = "BLUE_HAT"
_PATENT_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)


def scheme_of(written: str, number: str) -> str:
    """The scheme that a passport's own word for it means; words that mean none stay as they are.

    BLUE_HAT is a registration or a filing by its number.
    """
    if written == _BLUE_HAT:
        return "HEALTH_FOOD_FILING" if number.startswith("食健备") else "HEALTH_FOOD_REG"
    return _SCHEME_ALIASES.get(written, written)


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


def certificate_number_is_valid(scheme: str, number: str) -> bool:
    """True if the number has the shape of a known scheme's numbers."""
    shape = CERTIFICATE_FORMATS.get(scheme)
    if shape is None:
        return False
    if scheme == "PATENT":
        return patent_is_valid(number)
    return re.fullmatch(shape, number, re.ASCII) is not None

"""What a passport lacks for the claims that are made about such goods: told when it is registered, refused never."""

from datetime import date

from claims.passports.passport import Passport
from claims.passports.terms import not_in_force

# Which registration or licence the law wants before such goods are sold; claims about them lean on it.
_NEEDED = (
    ("health_food", ("HEALTH_FOOD_REG", "HEALTH_FOOD_FILING"), "保健食品注册/备案 health food registration or filing"),
    ("infant_formula", ("INFANT_FORMULA_REG",), "婴幼儿配方注册 infant formula registration"),
    ("fsmp", ("FSMP_REG",), "特医食品注册 FSMP registration"),
    ("food", ("FOOD_LICENCE_SC",), "食品生产许可 food production licence"),
    ("cosmetics/special", ("COSMETIC_SPECIAL",), "特殊化妆品注册 special cosmetic registration"),
    ("cosmetics", ("COSMETIC_FILING", "COSMETIC_SPECIAL"), "化妆品备案 cosmetic filing"),
    ("medical_device", ("DEVICE_REG", "DEVICE_FILING"), "医疗器械注册/备案 device registration or filing"),
    ("drug", ("DRUG",), "国药准字 drug approval"),
    ("jewelry", ("GEM_REPORT",), "鉴定证书 gem report"),
)


def shortcomings(passport: Passport, day: date) -> tuple[str, ...]:
    """One line each: what is kept and supports nothing, what is not in force on the day, what is missing, which claims
    will be unsupported; of a passport that was let in before, also why it would be refused today.
    """
    found = [*passport.warnings, *not_in_force(passport, day)]
    found += [f"refused today: {objection}" for objection in passport.objections]
    schemes = {certificate.scheme for certificate in passport.certificates}
    needed = next((entry for entry in _NEEDED if passport.in_category(entry[0])), None)
    if needed is not None and not schemes & set(needed[1]):
        found.append(f"certificates: no {needed[2]} ({' or '.join(needed[1])}) for category {passport.category}")
    if passport.lowest_7d is None and not passport.price_history:
        found.append("price: no price history and no lowest_7d: any 原价 will be unsupported")
    if not (passport.quantities or passport.texts or passport.materials or passport.ingredients):
        found.append("attributes: none, no composition and no ingredients: any specification will be unsupported")
    if passport.in_category("apparel", "home") and not passport.materials:
        found.append("composition: none: any material will be unsupported")
    if passport.origin_country is None:
        found.append("origin: none: any place of origin will be unsupported")
    if passport.gtin is None and passport.link is None:
        found.append("gtin: none: the product can't be known by its bar code")
    if not passport.images:
        found.append("images: none: the product can't be known by its looks")
    return tuple(found)

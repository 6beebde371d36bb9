"""Where goods come from: country, province, producer, brand; and infant formula's milk source."""

from claims.engine.checkers.base import JudgeInput, Judgement, contradicted, out_of_scope, supported, unsupported
from claims.passports.passport import Passport
from claims.policy.places import Place


def _registered(passport: Passport, given: JudgeInput) -> tuple[list[Place], str, str]:
    places = given.policy.places.read(passport.origin_region) + given.policy.places.read(passport.origin_country)
    shown = ", ".join(x for x in (passport.origin_country, passport.origin_region) if x)
    path = (
        "origin_country"
        if passport.origin_country and len(passport.origin_country) == 2 and passport.origin_region is None
        else "origin_region"
        if passport.origin_region
        else "origin"
    )
    wording = given.wording.origin
    for text in passport.texts:
        if wording.entries.any_in(text.label + text.key):
            places += given.policy.places.read(text.text)
    for permitted in passport.permitted:
        if wording.permitted.any_in(permitted.text):
            places += given.policy.places.read(permitted.text)
            shown = f"{shown} ({permitted.text})" if shown else permitted.text
    for material in passport.materials:
        if material.origin:
            places.append(Place(material.origin))
    if passport.producer:
        places += given.policy.places.read(passport.producer)
    return places, shown, path


def judge_origin(given: JudgeInput) -> Judgement:
    """A spoken place of origin, or 进口, against the registered country and province."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    registered, shown, path = _registered(passport, given)
    countries = {p.country for p in registered if p.country}
    if given.candidate.rule.rule.params.get("kind") == "imported":
        if not passport.origin_country:
            return out_of_scope("no origin is registered")
        if _country(passport, given) not in {"CN", None}:
            return supported("it is imported", registered=shown, path=path, claimed=given.words)
        return contradicted("made in China", registered=shown, path=path, claimed=given.words)
    names = given.slot_words("place")
    place = given.policy.places.find(names[0]) if names else None
    if place is None:
        return out_of_scope("no place was named")
    if not registered:
        return unsupported(
            "no origin is registered", claimed=given.words, factor=given.factors.origin_unregistered, note_only=True
        )
    if any(p.word and p.word == place.word for p in registered):
        return supported("the registered place", registered=shown, path=path, claimed=given.words)
    if place.country not in countries:
        return contradicted("another country is registered", registered=shown, path=path, claimed=given.words)
    regions = {p.region for p in registered if p.region}
    if place.region and regions and place.region not in regions:
        return contradicted("another province is registered", registered=shown, path=path, claimed=given.words)
    towns = {p.word for p in registered if p.word and p.region == place.region}
    if place.region and place.word and towns and place.word not in towns and len(towns) == 1 and passport.origin_region:
        return unsupported(
            "another town of that province is registered", claimed=given.words, factor=given.factors.another_town
        )
    if place.region and not regions:
        return unsupported(
            "the province is not registered", claimed=given.words, factor=given.factors.province_unregistered
        )
    return supported("the registered place", registered=shown, path=path, claimed=given.words)


def _country(passport: Passport, given: JudgeInput) -> str | None:
    places = given.policy.places.read(passport.origin_country)
    return places[0].country if places else None


def judge_producer(given: JudgeInput) -> Judgement:
    """我们自己家牧场: own production, against a producer or commission that is registered."""
    passport = given.passport
    if passport is None or not passport.producer:
        return out_of_scope("no producer is registered")
    if given.wording.origin.made_by_others.any_in(passport.producer):
        return contradicted(
            "made by another producer", registered=passport.producer, path="producer", claimed=given.words
        )
    return out_of_scope("the registered producer does not contradict it")


def judge_brand_origin(given: JudgeInput) -> Judgement:
    """这个牌子法国来的: a brand's country against the registered one."""
    passport = given.passport
    names = given.slot_words("place")
    place = given.policy.places.find(names[0]) if names else None
    if passport is None or place is None or place.country == "CN":
        return out_of_scope("no foreign brand was claimed")
    if passport.brand_country == place.country or _country(passport, given) == place.country:
        return supported(
            "the brand's registered country",
            registered=passport.brand_country,
            path="brand_country",
            claimed=given.words,
        )
    if passport.brand_country:
        return contradicted(
            "the brand is of another country",
            registered=passport.brand_country,
            path="brand_country",
            claimed=given.words,
        )
    if _country(passport, given) == "CN":
        return unsupported("no foreign brand is registered", claimed=given.words)
    return out_of_scope("no brand country is registered")


def judge_milk_source(given: JudgeInput) -> Judgement:
    """进口奶源 must name a registered country; a vague or home source contradicts it (广告法 20, 食品安全法 81)."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    is_source = given.wording.origin.milk_source.fit
    source = next((t for t in passport.texts if is_source(t.label, t.key)), None)
    if source is None:
        return unsupported("no milk source is registered", claimed=given.words)
    places = given.policy.places.read(source.text)
    if places and all(p.country == "CN" for p in places):
        return contradicted(
            "the milk source is in China", registered=source.text, path=source.path, claimed=given.words
        )
    return unsupported("a vague foreign source; only the registered country may be named", claimed=given.words)

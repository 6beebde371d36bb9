"""How new the goods are said to be, against the registered condition."""

from claims.engine.checkers.base import JudgeInput, Judgement, contradicted, out_of_scope, supported, unsupported
from claims.engine.checkers.claimed_numbers import first_number
from claims.passports.passport import Passport
from claims.text.condition import find_newness
from claims.text.normalise import normalise

_NEW = 100
_ROUNDING = 1


def judge_newness(given: JudgeInput) -> Judgement:
    """What is said to be newer than registered is contradicted; the rule's `percent` is what its words mean."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    said = find_newness(given.words)
    share = first_number(given)
    if said:
        percent = said[0].percent
    elif share is not None and share.percent:
        percent = int(share.low)
    else:
        percent = int(given.candidate.rule.rule.params["percent"])
    registered = _registered(passport, given)
    if registered is None:
        return unsupported("no condition is registered", claimed=given.words, note_only=True) if said else _nothing()
    path, text, most = registered
    if most is None:
        if percent >= _NEW:
            return contradicted("used goods are registered", registered=text, path=path, claimed=given.words)
        return unsupported("the degree of wear is not registered", claimed=given.words)
    if percent > most + _ROUNDING:
        return contradicted("a lower condition is registered", registered=text, path=path, claimed=given.words)
    return supported("no better than registered", registered=text, path=path, claimed=given.words)


def _nothing() -> Judgement:
    return out_of_scope("no condition is registered")


def _registered(passport: Passport, given: JudgeInput) -> tuple[str, str, int | None] | None:
    """Path, text and hundredths of new of the registered condition; no hundredths where only use is registered."""
    wording = given.wording.newness
    for quantity in passport.quantities:
        if _is_condition(given, quantity.key, quantity.label) and quantity.high is not None:
            return quantity.path, f"{quantity.label} {quantity.shown}", int(quantity.high)
    entries = [(t.path, t.text) for t in passport.texts if _is_condition(given, t.key, t.label)]
    entries += [("treatment", passport.treatment or ""), ("grade", passport.grade or ""), ("name", passport.name)]
    for path, written in entries:
        text = normalise(written).text
        graded = find_newness(text)
        if graded:
            return path, written, graded[0].percent
        if wording.used.search(wording.not_used.sub("", text)):
            return path, written, None
        if wording.unused.search(text):
            return path, written, _NEW
    return None


def _is_condition(given: JudgeInput, key: str, label: str) -> bool:
    attribute = given.policy.attributes.named(key, label)
    return attribute is not None and attribute.id == "newness"

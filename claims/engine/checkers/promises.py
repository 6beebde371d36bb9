"""Warranty, returns and gifts against what is registered."""

from decimal import Decimal

from claims.engine.checkers.base import JudgeInput, Judgement, contradicted, out_of_scope, supported, unsupported
from claims.engine.checkers.claimed_numbers import first_number, first_quantity
from claims.policy.wording_of_sellers import PromisesWording
from claims.text.units import plain

_STATUTORY_DAYS = 7


def judge_warranty(given: JudgeInput) -> Judgement:
    """A warranty against the registered one."""
    passport, wording = given.passport, given.wording.promises
    if passport is None:
        return out_of_scope("the product is not known")
    entries = [
        q
        for q in passport.quantities
        if q.dimension == "time" and (q.path == "warranty" or "warranty" in q.key or _is_warranty(q.label, wording))
    ]
    shown = passport.warranty or ", ".join(f"{q.label} {q.shown}" for q in entries)
    path = entries[0].path if entries else "warranty"
    if wording.lifelong.any_in(given.words):
        if wording.lifelong_registered.any_in(shown):
            return supported("registered", registered=shown, path=path, claimed=given.words)
        if shown:
            return contradicted("a shorter warranty is registered", registered=shown, path=path, claimed=given.words)
        return unsupported("no such warranty is registered", claimed=given.words)
    said = first_quantity(given, "time")
    if said is None:
        return out_of_scope("no term was said")
    if not entries:
        return (
            unsupported(
                "no warranty is registered",
                claimed=given.words,
                factor=given.factors.warranty_unregistered,
                note_only=given.cue_near("warranty_limits", 24) is not None,
            )
            if not shown
            else out_of_scope("the registered warranty has no term")
        )
    for entry in entries:
        if entry.canonical_high is not None and said.canonical_low <= entry.canonical_high * Decimal("1.03"):
            return supported("within the registered warranty", registered=shown, path=entry.path, claimed=given.words)
    return contradicted("longer than registered", registered=shown, path=path, claimed=given.words)


def _is_warranty(label: str, wording: PromisesWording) -> bool:
    return wording.warranty.any_in(label) and not wording.not_warranty.any_in(label)


def judge_refund(given: JudgeInput) -> Judgement:
    """A return or compensation promise beyond the registered policy."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    policy = passport.return_policy
    said = first_quantity(given, "time")
    if said is not None and said.canonical_high <= _STATUTORY_DAYS:
        return supported(given.messages.statutory_return.en, claimed=given.words)
    texts = [
        policy or "",
        *(t.text for t in passport.texts if given.wording.promises.returns.any_in(t.label + t.key)),
    ]
    shown = next((t for t in texts if t), None)
    number = first_number(given)
    if shown and (given.words in shown or (said is not None and number is not None and plain(number.low) in shown)):
        return supported("registered", registered=shown, path="return_policy", claimed=given.words)
    allowed = next((p for p in passport.permitted if given.words in p.text), None)
    if allowed is not None:
        return supported("registered", registered=allowed.text, path=allowed.path, claimed=given.words)
    if shown:
        return contradicted("beyond the registered policy", registered=shown, path="return_policy", claimed=given.words)
    return unsupported("no such promise is registered", claimed=given.words, factor=given.factors.return_unregistered)


def judge_gift(given: JudgeInput) -> Judgement:
    """A gift against the registered gift list; a vague gift with a value is unsupported."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    wording = given.wording.promises
    texts = [*passport.gifts, *(t.text for t in passport.texts if wording.gifts.any_in(t.label + t.key))]
    shown = "、".join(texts)
    path = "gift_list" if passport.gifts else "attributes.gift"
    if not texts:
        if wording.vague_gift.any_in(given.words) and wording.worth.any_in(given.words):
            return unsupported("kind and value of the gift are not stated", claimed=given.words)
        return out_of_scope("no gift list is registered")
    nouns = given.slot_words("gift_noun")
    if nouns and any(n in shown or n[0] in shown or n[-1] in shown for n in nouns):
        number = first_number(given)
        listed = [c for c in shown if c.isdigit()]
        if number is not None and listed and plain(number.low) not in shown and number.low > 1:
            return contradicted("another amount is registered", registered=shown, path=path, claimed=given.words)
        return supported("registered", registered=shown, path=path, claimed=given.words)
    return contradicted("not the registered gift", registered=shown, path=path, claimed=given.words)

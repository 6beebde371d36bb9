"""Compared prices: 原价 against the lowest deal of seven days, suggested prices, other sellers' prices."""

from decimal import Decimal

from claims.engine.checkers.base import JudgeInput, Judgement, contradicted, out_of_scope, supported, unsupported
from claims.passports.passport import Passport
from claims.text.units import plain
from claims.types import VerdictKind

_NEXT_PRICE_REACH = 30
# So many banknotes are told by their number, not as a price.
_MOST_NOTES = 20


def spoken_prices(given: JudgeInput) -> list[Decimal]:
    """The prices in the claim, in yuan, in order."""
    values: list[Decimal] = []
    for slot in given.candidate.match.slots:
        if slot.concept not in {"money", "num", "price"}:
            continue
        money = next(
            (q for q in given.window.quantities if q.start == slot.start and q.dimension in {"money", "length"}), None
        )
        number = next((n for n in given.window.numbers if n.start == slot.start), None)
        if money is not None:
            values.append(money.low)
        elif number is not None:
            values.append(number.low)
    return values


def _is_no_reduction(given: JudgeInput, said: Decimal) -> bool:
    """True where prices are said after the claim and none is lower; a tenth of it or less is no price of them."""
    end = given.candidate.end
    starts = {s for s, _ in given.window.located.spans("price") if end <= s <= end + _NEXT_PRICE_REACH}
    after = [q.low for q in given.window.quantities if q.start in starts and q.dimension == "money"]
    after += [n.low for n in given.window.numbers if n.start in starts]
    prices = [price for price in after if price * 10 > said]
    return bool(prices) and min(prices) >= said


def judge_original_price(given: JudgeInput) -> Judgement:
    """原价 may not exceed the lowest deal of the seven days before (明码标价和禁止价格欺诈规定 16(2))."""
    passport, wording = given.passport, given.wording.price
    if passport is None:
        return out_of_scope("the product is not known")
    prices = spoken_prices(given)
    if not prices:
        return out_of_scope("no price was said")
    said = max(prices)
    if wording.hundreds.any_in(given.words) and said < _MOST_NOTES:
        said *= 100
    claimed = given.messages.price.render(amount=plain(said))
    left, right = given.window.clause(given.candidate.start, given.candidate.end)
    around = given.window.text[max(left, given.candidate.start - 8) : min(right, given.candidate.end + 4)]
    if wording.suggested.any_in(around) or (_is_list_price(passport, said) and wording.listed.any_in(around)):
        return judge_msrp(given)
    if wording.later.any_in(around) and not wording.not_later.any_in(around):
        return out_of_scope("speaks of a later price")
    limit = passport.compared_price(given.at)
    if wording.saved.any_in(given.words) and not wording.not_saved.any_in(given.words):
        return _saving(given, said, limit, claimed)
    dealt = next((p for p in passport.price_history if p.price == said and p.at < given.at), None)
    before = given.window.text[max(0, given.candidate.start - 12) : given.candidate.end]
    if dealt is not None and wording.past_sale.any_in(before):
        sold = f"{given.messages.price.render(amount=plain(dealt.price))}, {dealt.at:%Y-%m-%d}"
        return supported("it was sold at that price", registered=sold, path="price_history", claimed=claimed)
    if limit is None:
        return _without_deals(given, passport, said, claimed)
    shown = given.messages.lowest_price.render(amount=plain(limit))
    if passport.msrp is not None:
        shown += f", {given.messages.suggested_price.render(amount=plain(passport.msrp))}"
    if said <= limit:
        return supported(
            "not above the lowest deal of seven days", registered=shown, path="price_history", claimed=claimed
        )
    return contradicted(
        "above the lowest deal of the seven days before",
        registered=shown,
        path="price_history" if passport.price_history else "price.lowest_7d",
        claimed=claimed,
    )


def _is_list_price(passport: Passport, said: Decimal) -> bool:
    """True for the registered list price, or less."""
    return passport.msrp is not None and said <= passport.msrp


def _without_deals(given: JudgeInput, passport: Passport, said: Decimal, claimed: str) -> Judgement:
    """A price that was asked before, of goods of which no deal is registered."""
    if passport.msrp is not None and said > passport.msrp:
        shown = given.messages.suggested_price.render(amount=plain(passport.msrp))
        return contradicted("above the list price", registered=shown, path="msrp", claimed=claimed)
    if _is_no_reduction(given, said):
        return out_of_scope("no price after it is below it")
    return unsupported(
        "no deal is registered that bears this price",
        claimed=claimed,
        # Where no price was ever registered, there is nothing that the words could be held against.
        note_only=given.cue_near("price_record", 30) is not None or not passport.has_prices,
    )


def _saving(given: JudgeInput, said: Decimal, limit: Decimal | None, claimed: str) -> Judgement:
    """直接砍三百: the saving against the lowest lawful compared price."""
    if limit is None:
        return out_of_scope("no deal is registered to measure a saving by")
    if said < limit:
        return out_of_scope("a saving that the registered prices allow")
    return contradicted(
        "saves more than the product ever cost",
        registered=given.messages.lowest_price.render(amount=plain(limit)),
        path="price_history",
        claimed=claimed,
    )


def judge_msrp(given: JudgeInput) -> Judgement:
    """A suggested retail price, called that, must be the registered one."""
    passport = given.passport
    prices = spoken_prices(given)
    if passport is None or not prices:
        return out_of_scope("the product is not known")
    said = prices[0]
    suggested = given.messages.suggested_price
    claimed = suggested.render(amount=plain(said))
    if passport.msrp is None:
        if given.cue_near("never_sold_at", 30) is not None:
            return out_of_scope("said to be a suggestion at which nothing was sold")
        return unsupported(
            "no suggested price is registered", claimed=claimed, factor=given.factors.suggested_price_unregistered
        )
    shown = suggested.render(amount=plain(passport.msrp))
    if said <= passport.msrp * Decimal("1.01"):
        return supported("the registered suggested price", registered=shown, path="msrp", claimed=claimed)
    return contradicted("above the registered suggested price", registered=shown, path="msrp", claimed=claimed)


def judge_compared_price(given: JudgeInput) -> Judgement:
    """Lowest-price and other-channel claims: nobody can register what others charge."""
    prices = spoken_prices(given)
    claimed = given.words
    passport = given.passport
    if passport is not None and given.candidate.rule.rule.role == "lowest":
        left, right = given.window.sentence(given.candidate.start, given.candidate.end)
        if given.wording.price.lowest_ever.any_in(given.window.text[left:right]):
            limit = min((p.price for p in passport.price_history if p.at < given.at), default=None)
            inside = [q.low for q in given.window.quantities if left <= q.start < right and q.dimension == "money"]
            if limit is not None and inside and min(inside) > limit:
                shown = given.messages.price.render(amount=plain(limit))
                return contradicted("it was sold for less", registered=shown, path="price_history", claimed=claimed)
    if prices and len(prices) >= 2 and prices[0] <= prices[1]:
        return out_of_scope("the other price is not the higher one")
    return Judgement(
        verdict=VerdictKind.UNSUPPORTED,
        why="the compared price has no registered source",
        claimed=claimed,
    )

"""Stock, sales, viewers, deadlines, AI label: only a fact of the platform can contradict them."""

from decimal import Decimal

from claims.engine.checkers.base import JudgeInput, Judgement, contradicted, out_of_scope, supported, unsupported
from claims.engine.checkers.claimed_numbers import first_number, first_quantity
from claims.types import PlatformFact

_FLAWLESS = 98
_DAY_MS = 86_400_000


_DEADLINE_SLACK_MS = 600_000


def _deadline(given: JudgeInput, end_ms: float, shown: str, path: str) -> Judgement:
    """A spoken deadline against the end of the promotion, in ms on the stream clock."""
    said = first_quantity(given, "time")
    if given.wording.facts.beyond_the_day.any_in(given.words):
        return out_of_scope("a deadline beyond the day")
    limit_ms = float(said.canonical_high) * _DAY_MS * 1.5 if said is not None else float(_DAY_MS)
    if end_ms - given.at_ms > limit_ms + _DEADLINE_SLACK_MS:
        return contradicted("the promotion goes on for longer", registered=shown, path=path, claimed=given.words)
    return supported("the promotion's end agrees", registered=shown, path=path, claimed=given.words)


def _shown(fact: PlatformFact, given: JudgeInput) -> str:
    """The fact in the policy's language: 平台记录的库存 1200."""
    name = given.messages.facts.get(fact.kind)
    value: object = fact.value
    if isinstance(fact.value, bool):
        value = (given.messages.given if fact.value else given.messages.not_given).render()
    elif isinstance(fact.value, float) and fact.value.is_integer():
        value = int(fact.value)
    return f"{fact.kind if name is None else name.render()} {value}"


def judge_fact(given: JudgeInput) -> Judgement:
    """Stock, sales, viewers, rating, AI label: only a fact of the platform can contradict it; else a note."""
    wanted = given.candidate.rule.rule.params.get("fact")
    fact = next(
        (
            f
            for f in reversed(given.facts)
            if f.kind == wanted
            and f.at_ms <= given.at_ms
            and (f.product_id is None or given.passport is None or f.product_id == given.passport.id)
        ),
        None,
    )
    if fact is None:
        fact = next(
            (
                f
                for f in given.facts
                if f.kind == wanted
                and (f.product_id is None or given.passport is None or f.product_id == given.passport.id)
            ),
            None,
        )
    number = first_number(given)
    if fact is None:
        return unsupported("no platform fact was supplied", claimed=given.words, note_only=True)
    shown, path = _shown(fact, given), f"facts.{fact.kind}"
    if wanted == "ai_label":
        if fact.value is True:
            return contradicted(
                "the presenter is labelled as generated", registered=shown, path=path, claimed=given.words
            )
        return unsupported("nothing is known of a generated presenter", claimed=given.words, note_only=True)
    if wanted == "promo_end" and isinstance(fact.value, int | float) and not isinstance(fact.value, bool):
        return _deadline(given, float(fact.value), shown, path)
    if wanted == "rating" and number is None and isinstance(fact.value, int | float) and fact.value < _FLAWLESS:
        return contradicted("the platform's own rating differs", registered=shown, path=path, claimed=given.words)
    if number is None or not isinstance(fact.value, int | float) or isinstance(fact.value, bool):
        return unsupported("nothing to compare", claimed=given.words, note_only=True)
    value = Decimal(str(fact.value))
    if wanted == "stock":
        wrong = value > max(number.high * Decimal("1.5"), number.high + 5)
    elif wanted == "rating":
        wrong = number.low > value + 1
    else:
        wrong = number.low > value * Decimal("1.2") + 1
    if wrong:
        return contradicted("the platform's own figure differs", registered=shown, path=path, claimed=given.words)
    return supported("the platform's figure agrees", registered=shown, path=path, claimed=given.words)

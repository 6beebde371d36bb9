"""What a context that holds may do to a claim: clear it, lower it to a note, or nothing."""

from enum import StrEnum

from claims.engine.context.triggers import Applied
from claims.policy.schema import ContextRule


class Effect(StrEnum):
    """`CLEARS`: nothing is found; `LOWERS`: a note at most; `NOTHING`: the claim stands as it is."""

    CLEARS = "clears"
    LOWERS = "lowers"
    NOTHING = "nothing"


def effect_of(rule: ContextRule, applied: Applied | None, *, protected: bool, critical: bool) -> Effect:
    """What the trial does to the claim.

    What the policy protects was said outright: only contexts that it names for that (`on_protected`) count. Where the
    class is critical, words lower such a statement to a note; they clear it only by a denial in its own clause.
    """
    if applied is None:
        return Effect.NOTHING
    if rule.mitigates:
        return Effect.LOWERS
    if not protected:
        return Effect.CLEARS
    if not rule.on_protected:
        return Effect.NOTHING
    if critical and not (rule.denies and applied.own_clause):
        return Effect.LOWERS
    return Effect.CLEARS

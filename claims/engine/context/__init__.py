"""Whether a claim is really asserted of the goods: ConText, for what hosts say.

The algorithm is the field's (Harkema et al., "ConText", 2009): a *trigger* in the text speaks for a context, such as
negation; its *direction* says on which side of the trigger claims are meant; its *scope* ends at a boundary, at a
*terminator*, or at a distance; *pseudo-triggers* look like triggers and are none. Two things are this field's own: a
context may ask that only certain words stand between trigger and claim (`through`), since Chinese marks by nothing else
what a negation belongs to, and it says what it may do to a statement that the policy protects (`Effect`).

The words all stand in the policy. May import the policy, the window and the types of `claims`.
"""

from claims.engine.context.effect import Effect, effect_of
from claims.engine.context.proposed import trials_anywhere
from claims.engine.context.question import affirmed, asks_by_doubling
from claims.engine.context.scope import clause_end
from claims.engine.context.status import try_context
from claims.engine.context.triggers import Place

__all__ = [
    "Effect",
    "Place",
    "affirmed",
    "asks_by_doubling",
    "clause_end",
    "effect_of",
    "trials_anywhere",
    "try_context",
]

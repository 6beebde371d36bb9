"""What several judges look for in a claim: its first quantity of a dimension, its first number."""

from claims.engine.checkers.base import JudgeInput
from claims.text.numbers import Number
from claims.text.units import Quantity


def first_quantity(given: JudgeInput, dimension: str) -> Quantity | None:
    """The first quantity of that dimension within the claim."""
    return next(
        (
            q
            for q in given.window.quantities
            if q.dimension == dimension and given.candidate.start <= q.start < given.candidate.end
        ),
        None,
    )


_COUNTED = frozenset({"num", "qty"})


def first_number(given: JudgeInput) -> Number | None:
    """The number that fills a slot of the claim, or else the first one within it: 一上架 counts nothing."""
    within = [n for n in given.window.numbers if given.candidate.start <= n.start < given.candidate.end]
    slots = [s for s in given.candidate.match.slots if s.concept in _COUNTED]
    filling = (n for n in within if any(s.start <= n.start < s.end for s in slots))
    return next(filling, None) or next(iter(within), None)

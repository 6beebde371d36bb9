"""What several judges look for in a claim: its first quantity of a dimension, its first number."""

from claims.judges.base import JudgeInput
from claims.numbers import Number
from claims.units import Quantity


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


def first_number(given: JudgeInput) -> Number | None:
    """The first number within the claim."""
    return next((n for n in given.window.numbers if given.candidate.start <= n.start < given.candidate.end), None)

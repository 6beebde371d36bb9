"""`scores.yaml`: how sure findings are, beside the scores of rules.

A policy that was written before there was such a file is scored as the code did until then (`older/`).
"""

from typing import Annotated

from pydantic import Field

from claims.types import Frozen

Part = Annotated[float, Field(ge=0, le=1)]
Factor = Annotated[float, Field(gt=0, le=1)]


class Factors(Frozen):
    """What is left of a rule's score where less speaks against the claim."""

    grade_unregistered: Factor
    ingredients_unregistered: Factor
    ingredient_unlisted: Factor
    material_unregistered: Factor
    material_broader: Factor
    share_unregistered: Factor
    origin_unregistered: Factor
    province_unregistered: Factor
    another_town: Factor
    patent_unstated: Factor
    suggested_price_unregistered: Factor
    warranty_unregistered: Factor
    return_unregistered: Factor
    effect_plain: Factor
    number_unnamed: Factor
    number_misheard: Factor


class Scores(Frozen):
    """`scores.yaml`, whose own remarks say what each is."""

    record: Factor
    contradicted: Part
    own_experience: Part
    most: Factor
    second_witness: Part
    too_doubtful: Factor
    too_doubtful_passage: Factor
    factors: Factors

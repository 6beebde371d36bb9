"""The judges by the names that policy files use."""

from collections.abc import Callable

from claims.engine.checkers import (
    dates,
    grade,
    green,
    ingredients,
    material,
    newness,
    origin,
    papers,
    platform_facts,
    price,
    promises,
    wording,
)
from claims.engine.checkers.base import JudgeInput, Judgement

Judge = Callable[[JudgeInput], Judgement]

JUDGES: dict[str, Judge] = {
    "banned": wording.judge_banned,
    "note": wording.judge_note,
    "unsupported": wording.judge_unsupported,
    "permitted_function": wording.judge_permitted_function,
    "health_food": wording.judge_health_food,
    "cosmetic": wording.judge_cosmetic,
    "guarantee": wording.judge_guarantee,
    "original_price": price.judge_original_price,
    "msrp": price.judge_msrp,
    "compared_price": price.judge_compared_price,
    "composition": material.judge_composition,
    "only_ingredient": material.judge_only_ingredient,
    "contains": material.judge_contains,
    "nutrient": material.judge_nutrient,
    "origin": origin.judge_origin,
    "producer": origin.judge_producer,
    "brand_origin": origin.judge_brand_origin,
    "milk_source": origin.judge_milk_source,
    "certificate": papers.judge_certificate,
    "patent": papers.judge_patent,
    "award": papers.judge_award,
    "endorser": papers.judge_endorser,
    "evidence": papers.judge_evidence,
    "grade": grade.judge_grade,
    "newness": newness.judge_newness,
    "date": dates.judge_freshness,
    "shelf_life": dates.judge_shelf_life,
    "freshness": dates.judge_freshness,
    "vintage": dates.judge_vintage,
    "promise": promises.judge_warranty,
    "warranty": promises.judge_warranty,
    "refund": promises.judge_refund,
    "gift": promises.judge_gift,
    "green": green.judge_green,
    "safety": wording.judge_unsupported,
    "zero": ingredients.judge_zero,
    "natural": ingredients.judge_natural,
    "fact": platform_facts.judge_fact,
}

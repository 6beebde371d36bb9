"""`wording.yaml`: by which words claims are compared with what is registered, a section for each that compares.

A policy that was written before there was such a file is read with the words that stood in the code until then; they
lie in `older/`, and change no more.
"""

from typing import Any

from pydantic import model_validator

from claims.policy.wording_of_goods import (
    DatesWording,
    GradeWording,
    GreenWording,
    IngredientsWording,
    MaterialsWording,
    NewnessWording,
    OriginWording,
    PlusWording,
)
from claims.policy.wording_of_records import (
    CertificatesWording,
    DoorWording,
    PassportsWording,
    PlacesWording,
    ProductsWording,
    TextsWording,
)
from claims.policy.wording_of_sellers import (
    EffectsWording,
    ExemptionsWording,
    FactsWording,
    PapersWording,
    PriceWording,
    PromisesWording,
)
from claims.types import Frozen

# Sections of older policies by which nothing is compared any more: what numbers are about, `linking.yaml` tells.
_RETIRED = ("quantities", "not_meant")


class Wording(Frozen):
    """`wording.yaml`, whose own remarks say what each part is."""

    @model_validator(mode="before")
    @classmethod
    def _without_retired(cls, value: Any) -> Any:
        return {k: v for k, v in value.items() if k not in _RETIRED} if isinstance(value, dict) else value

    dates: DatesWording
    grade: GradeWording
    green: GreenWording
    ingredients: IngredientsWording
    materials: MaterialsWording
    newness: NewnessWording
    origin: OriginWording
    plus: PlusWording
    effects: EffectsWording
    papers: PapersWording
    price: PriceWording
    promises: PromisesWording
    facts: FactsWording
    exemptions: ExemptionsWording
    texts: TextsWording
    products: ProductsWording
    places: PlacesWording
    passports: PassportsWording
    certificates: CertificatesWording
    door: DoorWording

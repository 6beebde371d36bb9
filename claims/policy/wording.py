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
    IntakeWording,
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

# Parts of older policies by which nothing is read any more: what numbers are about, `linking.yaml` tells; which units
# are bare numbers, `units.yaml`.
_RETIRED = ("quantities", "not_meant")
_RETIRED_OF = {"passports": ("any_unit",)}


class Wording(Frozen):
    """`wording.yaml`, whose own remarks say what each part is."""

    @model_validator(mode="before")
    @classmethod
    def _without_retired(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        kept = {name: part for name, part in value.items() if name not in _RETIRED}
        for name, retired in _RETIRED_OF.items():
            if isinstance(kept.get(name), dict):
                kept[name] = {key: words for key, words in kept[name].items() if key not in retired}
        return kept

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
    door: IntakeWording

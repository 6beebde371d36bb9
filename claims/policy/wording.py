"""`wording.yaml`: by which words claims are compared with what is registered, a section for each that compares.

A policy that was written before there was such a file is read with the words that stood in the code until then; they
lie in `older/`, and change no more.
"""

from claims.policy.wording_of_goods import (
    DatesWording,
    GradeWording,
    GreenWording,
    IngredientsWording,
    MaterialsWording,
    NewnessWording,
    NotMeantWording,
    OriginWording,
    PlusWording,
    QuantitiesWording,
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


class Wording(Frozen):
    """`wording.yaml`, whose own remarks say what each part is."""

    dates: DatesWording
    grade: GradeWording
    green: GreenWording
    ingredients: IngredientsWording
    materials: MaterialsWording
    newness: NewnessWording
    origin: OriginWording
    quantities: QuantitiesWording
    not_meant: NotMeantWording
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

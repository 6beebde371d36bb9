"""By which words what goods are is compared: their dates, grades, makings, origins and sizes (`wording.yaml`)."""

from typing import Annotated

from pydantic import Field

from claims.policy.words import EntryNames, Regex, Word, Words, with_groups
from claims.types import Frozen


class FreshTerm(Frozen):
    """How many days old goods may be of which one of these words is said."""

    words: Words
    days: Annotated[int, Field(gt=0)]


class DatesWording(Frozen):
    """Shelf life, freshness, age and vintage; lists of entries are found in labels, or in label and key."""

    shelf_life: EntryNames
    keeps: Words
    this_year: Words
    this_season: Words
    before_the_rains: Words
    fresh: tuple[FreshTerm, ...]
    fresh_days: Annotated[int, Field(gt=0)]
    vintage: Words
    made: Words
    aged_values: Words
    aged_texts: Words
    names_a_vintage: Words


class GradeWording(Frozen):
    """Grade, authenticity and treatment; `stated` and `before_it` are taken off the claim's words."""

    stated: Regex
    before_it: Words
    entries: Words
    treated: Words
    untreated: Words
    about_treatment: Words
    denies_treatment: Words


class GreenWording(Frozen):
    """Energy labels, formaldehyde, coatings, classes of fabric and other qualities; `grades`: each with its digit."""

    energy_entries: Words
    formaldehyde_entries: Words
    coating_entries: Words
    qualities: Words
    grades: dict[Word, Word]
    no_formaldehyde: Words
    no_coating: Words
    class_a: Words
    lower_classes: Words
    for_ever: Words


class IngredientsWording(Frozen):
    """Ingredients and nutrients: how they are named, joined, boasted of and shortened."""

    shares: Words
    of_nature: Words
    said_around: str
    joined_by: Words
    boasts: Words
    synonyms: dict[Word, Words]
    amount: Word
    short: dict[Word, str]


class MaterialsWording(Frozen):
    """Materials of parts: `parts` has the words that hosts have for a part of such a name."""

    single: Words
    parts: dict[Word, Words]
    entries: Words

    def names_of(self, part: str) -> Words:
        """The words that hosts have for a part, by the first name that stands in a passport's name or code of it."""
        lowered = part.lower()
        return next((words for name, words in self.parts.items() if name in lowered), Words())


class NewnessWording(Frozen):
    """What registered texts say of use."""

    used: Regex
    unused: Regex
    not_used: Regex


class OriginWording(Frozen):
    """Which registered texts tell a place, and what says that somebody else makes the goods."""

    entries: Words
    permitted: Words
    made_by_others: Words
    milk_source: EntryNames


class PlusWording(Frozen):
    """Grades told by plus signs, as they are said (by `signs`, or their `count`) and as they are registered."""

    said: Annotated[Regex, with_groups("signs", "count")]
    registered: Annotated[Regex, with_groups("signs")]

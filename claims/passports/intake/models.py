"""What passports are held to when they come in, as a policy writes it (`door.yaml`)."""

from typing import Annotated

from pydantic import Field

from claims.policy.words import Word
from claims.types import Frozen


class CategoryPart(Frozen):
    """A first part of category paths, and the words by which others mean it."""

    id: Word
    words: tuple[Word, ...] = ()


class Measure(Frozen):
    """What attributes of these names are measured in. `whole`: the share of a whole, which can't exceed it.

    `not_in`: by the beginning of a category, what goods of that kind do not mean by the name.
    """

    keys: tuple[Word, ...] = ()
    labels: tuple[Word, ...] = ()
    dimensions: Annotated[frozenset[str], Field(alias="in", min_length=1)]
    whole: bool = False
    not_in: Annotated[dict[str, frozenset[str]], Field(default_factory=dict)]


class Differences(Frozen):
    """Names of what tells how far off something is, and may be below nought."""

    keys: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()


class IntakeFile(Frozen):
    """`door.yaml`, whose own remarks say what each part is."""

    categories: Annotated[tuple[CategoryPart, ...], Field(min_length=1)]
    currencies: Annotated[frozenset[str], Field(min_length=1)]
    instead: Annotated[dict[str, str], Field(default_factory=dict)]
    units: dict[str, tuple[Word, ...]]
    signed: frozenset[str] = frozenset()
    differences: Differences = Differences()
    qualifiers: frozenset[str] = frozenset()
    measures: tuple[Measure, ...] = ()

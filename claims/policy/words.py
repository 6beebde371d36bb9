"""Words and patterns as policy files list them, and what code asks of a list."""

import re
from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from claims.types import Frozen

Word = Annotated[str, Field(min_length=1)]


class Words(tuple[str, ...]):
    """Words that mean one thing to whoever compares by them, in the order of the file."""

    @cached_property
    def _any(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self)) if self else "(?!)")

    def any_in(self, text: str) -> bool:
        """True if at least one of the words stands in the text."""
        return self._any.search(text) is not None

    def first_in(self, text: str) -> str | None:
        """The first of the words that stands in the text; None where none does."""
        return next((word for word in self if word in text), None)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, handler.generate_schema(tuple[Word, ...]))


def _says_something(pattern: re.Pattern[str]) -> re.Pattern[str]:
    if pattern.fullmatch(""):
        raise ValueError("matches where nothing stands")
    return pattern


# Compiled when the file is read.
Regex = Annotated[re.Pattern[str], AfterValidator(_says_something)]


class EntryNames(Frozen):
    """By what an entry of a passport is known: words of its label, parts of its key."""

    labels: Words = Words()
    keys: Words = Words()

    def fit(self, label: str, key: str) -> bool:
        """True for an entry of this label or this key."""
        return self.labels.any_in(label) or self.keys.any_in(key)


def with_groups(*names: str) -> AfterValidator:
    """Refuses a pattern that lacks one of these named groups, or has others."""

    def check(pattern: re.Pattern[str]) -> re.Pattern[str]:
        if set(pattern.groupindex) != set(names):
            raise ValueError(f"must name the groups {', '.join(names)}, and no others")
        return pattern

    return AfterValidator(check)

"""The JSON of a customer's own words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from claims.tenant_words import MOST_WORDS, ListedWord
from review.server.api.schemas.findings import WireModel
from review.streams.tenant_rules import RuleKind, StoredRules, name_of
from review.tenant_rules.words import TriedWord, words_of

_MOST_TRIED = 50
_EXAMPLE: JsonDict = {"kind": "block", "word": "躺瘦", "class": "WEIGHT_LOSS", "match": "sound"}


class WordsIn(WireModel):
    """A whole list."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"words": [_EXAMPLE]}]})

    words: Annotated[list[ListedWord], Field(max_length=MOST_WORDS)]


class WordsTryIn(WireModel):
    """Words that are tried, and not set."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"words": [_EXAMPLE]}]})

    words: Annotated[list[ListedWord], Field(min_length=1, max_length=_MOST_TRIED)]


class WordOut(WireModel):
    """A listed word. `ended`: it is looked for no longer."""

    id: str
    kind: Literal["block", "watch", "allow"]
    word: str
    class_id: str | None = Field(alias="class")
    match: Literal["text", "sound", "spelling"]
    until: datetime | None
    note: str
    ended: bool


class WordsOut(WireModel):
    """A version of the list."""

    name: str = Field(description="The version as findings name it; words@0: nothing was set")
    version: str | None = Field(description="`sha256:` and the hash of the list; null: nothing was set")
    created_at_ms: int | None = Field(description="Unix time")
    words: list[WordOut]


class WordVersionsOut(WireModel):
    """Versions, the latest first."""

    versions: list[WordsOut]


class WordExampleOut(WireModel):
    """A passage or a finding in which the word is."""

    stream_id: str
    id: str
    text: str


class WordTriedOut(WireModel):
    """What a word would do. `passages`: in how many it is. Of one that is allowed: `lowered` findings would be notes,
    and `kept` stand whatever is allowed."""

    word: WordOut
    passages: int
    lowered: int
    kept: int
    examples: list[WordExampleOut]


class WordsTriedOut(WireModel):
    """What each word would do to the latest 20,000 passages and 5,000 flags."""

    tried: list[WordTriedOut]


def words_out(stored: StoredRules | None, now: datetime) -> WordsOut:
    """A version as it is sent."""
    return WordsOut(
        name=name_of(RuleKind.WORDS, 0) if stored is None else stored.name,
        version=None if stored is None else stored.version,
        created_at_ms=None if stored is None else stored.created_at_ms,
        words=[word_out(word, now) for word in words_of(stored).words],
    )


def word_out(word: ListedWord, now: datetime) -> WordOut:
    """A word as it is sent."""
    values = word.model_dump(by_alias=True)
    return WordOut.model_validate(values | {"id": word.id, "ended": not word.is_in_force(now)})


def tried_words_out(tried: Sequence[TriedWord], now: datetime) -> WordsTriedOut:
    """What a trial gave, as it is sent."""
    return WordsTriedOut(
        tried=[
            WordTriedOut(
                word=word_out(one.word, now),
                passages=one.passages,
                lowered=one.lowered,
                kept=one.kept,
                examples=[WordExampleOut(stream_id=s, id=i, text=t) for s, i, t in one.examples],
            )
            for one in tried
        ]
    )

"""A customer's own words: found, watched, or allowed, from the next words that are said on."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Response

from claims.tenant_words import ListedWord
from review.scheduling.orders import OrderStore
from review.server.api.ordering import Platform
from review.server.api.schemas.words import (
    WordsIn,
    WordsOut,
    WordsTriedOut,
    WordsTryIn,
    WordVersionsOut,
    tried_words_out,
    words_out,
)
from review.server.auth.api_keys import answers, key_or_person, write_answers
from review.server.routers import new_router
from review.streams.tenant_rules import RuleKind
from review.tenant_rules.store import TenantRulesStore
from review.tenant_rules.words import listed, with_words, without_word
from review.tenants.types import Caller, Scope

Reading = Annotated[Caller, Depends(key_or_person(Scope.RULES_READ))]
Writing = Annotated[Caller, Depends(key_or_person(Scope.RULES_WRITE))]
Tag = Annotated[str | None, Header(max_length=200, description="The `ETag` of the version that this one replaces")]
WordId = Annotated[str, Path(min_length=1, max_length=20, description="The word's `id`")]
_TAGGED: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"schema": {"type": "string"}, "description": "The version in force"}}}
}


def words_router(tenant_rules: TenantRulesStore, orders: OrderStore, platform: Platform) -> APIRouter:
    """The routes of word lists."""
    router = new_router(tags=["words"])

    def sent(stored: Any, response: Response) -> WordsOut:
        found = words_out(stored, orders.now())
        response.headers["ETag"] = f'"{found.name}"'
        return found

    @router.get("/v1/words", responses=answers() | _TAGGED)
    def get_words(caller: Reading, response: Response) -> WordsOut:
        """Your list as it is in force."""
        return sent(tenant_rules.current(caller.home, RuleKind.WORDS), response)

    @router.get("/v1/words/versions", responses=answers())
    def list_word_versions(caller: Reading) -> WordVersionsOut:
        """The latest hundred versions; findings of your words name theirs as their policy."""
        found = tenant_rules.versions(caller.home, RuleKind.WORDS)
        return WordVersionsOut(versions=[words_out(stored, orders.now()) for stored in found])

    @router.put("/v1/words", responses=write_answers(412) | _TAGGED)
    def put_words(given: WordsIn, caller: Writing, response: Response, if_match: Tag = None) -> WordsOut:
        """Replaces the whole list; it holds for what is said from now on, in broadcasts that run as well."""
        tag = None if if_match is None else if_match.strip().removeprefix("W/").strip('"')
        change = lambda _old: listed(given.words, platform.word_terms)  # noqa: E731
        return sent(tenant_rules.put(caller, RuleKind.WORDS, change, tag), response)

    @router.post("/v1/words", responses=write_answers() | _TAGGED)
    def add_word(given: ListedWord, caller: Writing, response: Response) -> WordsOut:
        """Puts a word on the list; one that is on it already is replaced."""
        change = lambda old: with_words(old, [given], platform.word_terms)  # noqa: E731
        return sent(tenant_rules.put(caller, RuleKind.WORDS, change), response)

    @router.delete("/v1/words/{word_id}", responses=answers(404) | _TAGGED)
    def remove_word(word_id: WordId, caller: Writing, response: Response) -> WordsOut:
        """Takes a word off the list; what was found by it stays."""
        change = lambda old: without_word(old, word_id, platform.word_terms)  # noqa: E731
        return sent(tenant_rules.put(caller, RuleKind.WORDS, change), response)

    @router.post("/v1/words/try", responses=write_answers())
    def try_words(given: WordsTryIn, caller: Reading) -> WordsTriedOut:
        """What these words would have done to what your broadcasts gave last; nothing is set."""
        now = orders.now()
        return tried_words_out(tenant_rules.try_words(caller.home, given.words, now), now)

    return router

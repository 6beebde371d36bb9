"""What is advised about findings, by thresholds that a customer sets for itself."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Response

from claims.suggestions import SuggestionSettings
from review.api_errors import OrderRefused
from review.server.api.ordering import Platform
from review.server.api.schemas.suggestions import (
    SuggestionsOut,
    SuggestionVersionsOut,
    TriedOut,
    suggestions_out,
    tried_out,
)
from review.server.auth.api_keys import answers, key_or_person, write_answers
from review.server.routers import new_router
from review.streams.tenant_rules import RuleKind
from review.tenant_rules.store import TenantRulesStore
from review.tenants.types import Caller, Scope

Reading = Annotated[Caller, Depends(key_or_person(Scope.RULES_READ))]
Writing = Annotated[Caller, Depends(key_or_person(Scope.RULES_WRITE))]
Tag = Annotated[str | None, Header(max_length=200, description="The `ETag` of the version that this one replaces")]
_TAGGED: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"schema": {"type": "string"}, "description": "The version in force"}}}
}


def suggestions_router(tenant_rules: TenantRulesStore, platform: Platform) -> APIRouter:
    """The routes of thresholds."""
    router = new_router(tags=["suggestions"])

    def sent(stored: Any, response: Response) -> SuggestionsOut:
        found = suggestions_out(stored, platform.suggestions)
        response.headers["ETag"] = f'"{found.name}"'
        return found

    @router.get("/v1/suggestions", responses=answers() | _TAGGED)
    def get_suggestions(caller: Reading, response: Response) -> SuggestionsOut:
        """The thresholds in force, and within what they may be set."""
        return sent(tenant_rules.current(caller.home, RuleKind.SUGGESTIONS), response)

    @router.get("/v1/suggestions/versions", responses=answers())
    def list_suggestion_versions(caller: Reading) -> SuggestionVersionsOut:
        """The latest hundred versions; none is ever changed, and each finding names the one that it was advised by."""
        found = tenant_rules.versions(caller.home, RuleKind.SUGGESTIONS)
        return SuggestionVersionsOut(versions=[suggestions_out(stored, platform.suggestions) for stored in found])

    @router.put("/v1/suggestions", responses=write_answers(412) | _TAGGED)
    def put_suggestions(
        given: SuggestionSettings, caller: Writing, response: Response, if_match: Tag = None
    ) -> SuggestionsOut:
        """Sets the thresholds for what is found from now on; what was found keeps the version that it names.

        The first rule that is about a finding counts. What was said outright against the law and what contradicts a
        passport asks for review, whatever is set. What lies beyond the installation's bounds is refused with 422.
        """
        _check(given, platform)
        tag = None if if_match is None else if_match.strip().removeprefix("W/").strip('"')
        content = given.model_dump(mode="json")
        return sent(tenant_rules.put(caller, RuleKind.SUGGESTIONS, lambda _old: content, tag), response)

    @router.post("/v1/suggestions/try", responses=write_answers())
    def try_suggestions(given: SuggestionSettings, caller: Reading) -> TriedOut:
        """What these thresholds would have advised of your latest 5,000 findings; nothing is set."""
        _check(given, platform)
        return tried_out(tenant_rules.try_suggestions(caller.home, given))

    return router


def _check(given: SuggestionSettings, platform: Platform) -> None:
    faults = platform.suggestions.faults(given)
    if faults:
        path, reason = faults[0]
        more = f"; and {len(faults) - 1} more, see errors" if len(faults) > 1 else ""
        raise OrderRefused(path, f"{reason}{more}", code="bounds", faults=faults)

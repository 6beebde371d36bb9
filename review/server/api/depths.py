"""How deep broadcasts are looked into where their orders don't say, by rules that a customer sets for itself."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Response

from review.api_errors import OrderRefused
from review.scheduling.depth_rules import DepthSettings
from review.server.api.schemas.depths import DepthRulesOut, DepthVersionsOut, depth_rules_out
from review.server.auth.api_keys import answers, key_or_person, write_answers
from review.server.routers import new_router
from review.streams.tenant_rules import RuleKind, StoredRules
from review.tenant_rules.store import TenantRulesStore
from review.tenants.types import Caller, Scope

Reading = Annotated[Caller, Depends(key_or_person(Scope.RULES_READ))]
Writing = Annotated[Caller, Depends(key_or_person(Scope.RULES_WRITE))]
Tag = Annotated[str | None, Header(max_length=200, description="The `ETag` of the version that this one replaces")]
_TAGGED: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"schema": {"type": "string"}, "description": "The version in force"}}}
}


def depths_router(tenant_rules: TenantRulesStore) -> APIRouter:
    """The routes of rules of depth."""
    router = new_router(tags=["depth"])

    def sent(stored: StoredRules | None, response: Response) -> DepthRulesOut:
        found = depth_rules_out(stored)
        response.headers["ETag"] = f'"{found.name}"'
        return found

    @router.get("/v1/depth", responses=answers() | _TAGGED)
    def get_depth_rules(caller: Reading, response: Response) -> DepthRulesOut:
        """The rules in force."""
        return sent(tenant_rules.current(caller.home, RuleKind.DEPTH), response)

    @router.get("/v1/depth/versions", responses=answers())
    def list_depth_versions(caller: Reading) -> DepthVersionsOut:
        """The latest hundred versions; none is ever changed, and each broadcast names the one it was ordered under."""
        found = tenant_rules.versions(caller.home, RuleKind.DEPTH)
        return DepthVersionsOut(versions=[depth_rules_out(stored) for stored in found])

    @router.put("/v1/depth", responses=write_answers(412) | _TAGGED)
    def put_depth_rules(
        given: DepthSettings, caller: Writing, response: Response, if_match: Tag = None
    ) -> DepthRulesOut:
        """Sets the rules for what is ordered from now on; what was ordered keeps its depth.

        A depth that an order names goes first; then its room's, that of the first tier that its host is in, and the
        default. What does not go together is refused with 422, every place with its reason.
        """
        _check(given)
        tag = None if if_match is None else if_match.strip().removeprefix("W/").strip('"')
        content = given.model_dump(mode="json", by_alias=True)
        return sent(tenant_rules.put(caller, RuleKind.DEPTH, lambda _old: content, tag), response)

    return router


def _check(given: DepthSettings) -> None:
    faults = [(".".join(map(str, place)), why) for place, why in given.faults()]
    if faults:
        path, reason = faults[0]
        more = f"; and {len(faults) - 1} more, see errors" if len(faults) > 1 else ""
        raise OrderRefused(path, f"{reason}{more}", code="depth", faults=faults)

"""The page of a customer's settings as they stand, with their history; administrators set its quotas here."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from claims.suggestions import SuggestionSettings
from review.accounts.store import PeopleStore
from review.accounts.types import Person
from review.enforcement.notice_pages import shown_time
from review.scheduling.depth_choice import depth_settings
from review.server.api.ordering import Platform
from review.server.auth.guard import ADMINS, allow
from review.server.auth.tenant_reach import own_tenants
from review.server.language import keep_language, page_answer
from review.server.pages.depth_texts import shown_depth, shown_tier
from review.server.pages.desk import Desk, Seeing, Viewer
from review.server.pages.webhooks import READERS, shown_address
from review.server.routers import new_router
from review.stores import Stores
from review.streams.tenant_rules import RuleKind, StoredRules
from review.tenant_rules.store import TenantRulesStore
from review.tenant_rules.words import words_of
from review.tenants.reach import OutOfReach

Admin = Annotated[Person, Depends(allow(*ADMINS))]
TenantId = Annotated[str, Path(min_length=1, max_length=60)]
_MOST_VERSIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A version of something that is set."""

    rules: StoredRules
    by: str


def tenants_router(stores: Stores, desk: Desk, platform: Platform) -> APIRouter:
    """The routes of customers' settings."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False)
    reading = [Depends(allow(*READERS))]

    def page(viewer: Viewer, tenant_id: str, error: str = "") -> Response:
        tenants = {each.tenant_id: each for each in stores.keys.tenants()}
        if tenant_id not in tenants:
            raise OutOfReach("tenant_id", tenant_id)
        suggestions = stores.tenant_rules.current(tenant_id, RuleKind.SUGGESTIONS)
        filled = desk.fill(
            "tenants/tenant.html",
            viewer,
            tenant=tenants[tenant_id],
            uses=stores.quotas.uses(tenant_id),
            rules=SuggestionSettings.model_validate({} if suggestions is None else suggestions.content).rules,
            bounds=platform.suggestions,
            depth=depth_settings(stores.tenant_rules.current(tenant_id, RuleKind.DEPTH)),
            depth_of=shown_depth,
            tier_of=shown_tier,
            words=words_of(stores.tenant_rules.current(tenant_id, RuleKind.WORDS)).words,
            endpoint_statuses=stores.board.endpoint_statuses(tenant_id),
            clocks=stores.enforcement.setup.retention.clocks,
            retention_version=stores.enforcement.setup.retention.version,
            stretch_days=platform.stretch_days,
            where=shown_address,
            history=_history(stores.people, stores.tenant_rules, tenant_id),
            may_set=viewer.person.role in ADMINS,
            at=shown_time,
            error=error,
        )
        return HTMLResponse(filled, status_code=422 if error else 200)

    @router.get("/tenants", dependencies=reading)
    def get_tenants(request: Request, viewer: Seeing) -> Response:
        listed = own_tenants(viewer.person, stores.keys)
        uses = {each.tenant_id: stores.quotas.uses(each.tenant_id) for each in listed}
        return page_answer(request, desk.fill("tenants/tenants.html", viewer, listed=listed, uses=uses))

    @router.get("/tenants/{tenant_id}", dependencies=reading)
    def get_tenant(request: Request, tenant_id: TenantId, viewer: Seeing) -> Response:
        answer = page(viewer, tenant_id)
        keep_language(request, answer)
        return answer

    @router.post("/tenants/{tenant_id}/quotas")
    def set_quotas(
        tenant_id: TenantId,
        admin: Admin,
        viewer: Seeing,
        streams: Annotated[str, Form(max_length=20)] = "",
        checks_hour: Annotated[str, Form(max_length=20)] = "",
        passports: Annotated[str, Form(max_length=20)] = "",
        batch_hours_day: Annotated[str, Form(max_length=20)] = "",
    ) -> Response:
        """Sets the quotas that stand in the form; an empty field is no bound."""
        sent = {"streams": streams, "checks_hour": checks_hour, "passports": passports}
        sent |= {"batch_hours_day": batch_hours_day}
        try:
            stores.tenant_rules.set_quotas(
                tenant_id, {k: v.strip() for k, v in sent.items() if v.strip()}, admin.id, keeps=False
            )
        except ValidationError as error:
            message = "; ".join(f"{one['loc'][0]}: {one['msg']}" for one in error.errors(include_url=False))
            return page(viewer, tenant_id, message)
        return RedirectResponse(f"/tenants/{tenant_id}", status_code=303)

    return router


def _history(people: PeopleStore, tenant_rules: TenantRulesStore, tenant_id: str) -> list[Change]:
    """Every kind's latest versions together, the latest first."""
    names = people.names()
    found = [rules for kind in RuleKind for rules in tenant_rules.versions(tenant_id, kind, _MOST_VERSIONS)]
    found.sort(key=lambda rules: (rules.created_at_ms, rules.number), reverse=True)
    return [Change(rules=rules, by=names.get(rules.created_by, rules.created_by)) for rules in found[:_MOST_VERSIONS]]

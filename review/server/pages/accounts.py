"""Accounts, as administrators see and change them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from review.accounts.store import UNCHANGED
from review.accounts.types import Person, Role
from review.errors import AccountError
from review.server.auth.guard import ADMINS, Gate, allow
from review.server.language import keep_language
from review.server.pages.desk import Desk, Seeing, Viewer
from review.server.routers import new_router
from review.tenants.keys import KeyStore

Login = Annotated[str, Form(max_length=100)]
Admin = Annotated[Person, Depends(allow(*ADMINS))]
Tenants = Annotated[str, Form(max_length=2000)]


def admin_router(gate: Gate, keys: KeyStore, desk: Desk) -> APIRouter:
    """The page of accounts, and what its forms send."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False)

    def shown(viewer: Viewer, *, error: str = "") -> Response:
        page = desk.fill(
            "accounts/accounts.html",
            viewer,
            accounts=gate.people.accounts(),
            roles=tuple(Role),
            tenants=keys.tenants(),
            auth=gate.access.auth,
            error=error,
        )
        return HTMLResponse(page, status_code=422 if error else 200)

    @router.get("/people", dependencies=[Depends(allow(*ADMINS))])
    def get_accounts(request: Request, viewer: Seeing) -> Response:
        answer = shown(viewer)
        keep_language(request, answer)
        return answer

    @router.post("/people")
    def add_account(
        admin: Admin,
        viewer: Seeing,
        login: Login,
        role: Annotated[Role, Form()],
        password: Annotated[str, Form(max_length=1000)],
        name: Annotated[str, Form(max_length=100)] = "",
        tenants: Tenants = "",
    ) -> Response:
        try:
            gate.people.add(login, name, role, password, actor=admin.id, tenants=_listed(tenants))
        except AccountError as error:
            return shown(viewer, error=str(error))
        return RedirectResponse("/people", status_code=303)

    @router.post("/people/change")
    def change_account(
        admin: Admin,
        viewer: Seeing,
        login: Login,
        role: Annotated[Role | None, Form()] = None,
        active: Annotated[bool | None, Form()] = None,
        password: Annotated[str | None, Form(max_length=1000)] = None,
        tenants: Annotated[str | None, Form(max_length=2000)] = None,
    ) -> Response:
        try:
            if any(account.person.id == admin.id and account.login == login for account in gate.people.accounts()):
                raise AccountError(login, "is your own; another administrator changes it")
            limits = UNCHANGED if tenants is None else _listed(tenants)
            gate.people.change(
                login, role=role, active=active, password=password or None, actor=admin.id, tenants=limits
            )
        except AccountError as error:
            return shown(viewer, error=str(error))
        return RedirectResponse("/people", status_code=303)

    return router


def _listed(tenants: str) -> list[str] | None:
    """The customers that stand in the field, by commas; None where it is empty: all."""
    return [one.strip() for one in tenants.replace("，", ",").split(",") if one.strip()] or None

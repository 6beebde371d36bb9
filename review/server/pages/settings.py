"""The page of the settings in force: what is set, and where it was; what is secret is not shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from review.accounts.types import Role
from review.server.auth.guard import allow
from review.server.language import page_answer
from review.server.pages.desk import Desk, Seeing
from review.server.routers import new_router

READERS = (Role.ADMIN, Role.AUDITOR)


class Origin(StrEnum):
    """Where a setting was set; the environment wins over a file, and a file over the packaged defaults."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingInForce:
    """A setting as it may be shown. `value` None: it is secret, and `is_set` alone is told."""

    name: str
    value: str | None
    origin: Origin
    is_set: bool


def settings_router(desk: Desk, settings: Sequence[SettingInForce]) -> APIRouter:
    """The route of the settings; none are shown where the server was started without a command."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/settings", dependencies=[Depends(allow(*READERS))])
    def get_settings(request: Request, viewer: Seeing) -> Response:
        changed = [one for one in settings if one.origin is not Origin.DEFAULT]
        usual = [one for one in settings if one.origin is Origin.DEFAULT]
        filled = desk.fill("settings.html", viewer, groups={"changed": changed, "usual": usual})
        return page_answer(request, filled)

    return router

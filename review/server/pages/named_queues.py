"""The named queues, as administrators keep them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from review.accounts.types import Person, Role
from review.cases.named_queues import LANGUAGES, SEVERITIES, NamedQueue
from review.errors import QueueRefused
from review.server.auth.guard import ADMINS, allow
from review.server.language import keep_language
from review.server.pages.desk import Desk, Seeing, Viewer
from review.server.routers import new_router
from review.stores import Stores

Admin = Annotated[Person, Depends(allow(*ADMINS))]
Many = Annotated[list[str], Form(default_factory=list)]
One = Annotated[str, Form(max_length=60)]


def named_queues_router(stores: Stores, desk: Desk) -> APIRouter:
    """The page of queues, and what its forms send."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False)

    def page(viewer: Viewer, open_one: NamedQueue, error: str = "") -> Response:
        filled = desk.fill(
            "accounts/queues.html",
            viewer,
            queues=stores.queues.all(),
            edited=open_one,
            severities=SEVERITIES,
            languages=LANGUAGES,
            tenants=stores.keys.tenants(),
            people=[one for one in stores.people.accounts() if one.active and one.person.role is not Role.ADMIN],
            names=stores.people.names(),
            error=error,
        )
        return HTMLResponse(filled, status_code=422 if error else 200)

    @router.get("/queues")
    def get_queues(request: Request, admin: Admin, viewer: Seeing, queue: str = "") -> Response:
        answer = page(viewer, stores.queues.queue(queue, admin) if queue else NamedQueue(id="", name=""))
        keep_language(request, answer)
        return answer

    @router.post("/queues")
    def keep_queue(
        admin: Admin,
        viewer: Seeing,
        classes: Many,
        severities: Many,
        readers: Many,
        name: One = "",
        queue: One = "",
        tenant: One = "",
        language: One = "",
    ) -> Response:
        kept = NamedQueue(
            id=queue,
            name=name,
            classes=tuple(one for one in classes if one in desk.glossary.classes),
            severities=tuple(one for one in severities if one in SEVERITIES),
            tenant_id=tenant or None,
            language=language if language in LANGUAGES else None,
            readers=tuple(readers),
        )
        try:
            stores.queues.put(kept, admin)
        except QueueRefused as error:
            return page(viewer, kept, error.code)
        return RedirectResponse("/queues", status_code=303)

    @router.post("/queues/drop")
    def drop_queue(admin: Admin, queue: One) -> Response:
        stores.queues.drop(queue, admin)
        return RedirectResponse("/queues", status_code=303)

    return router

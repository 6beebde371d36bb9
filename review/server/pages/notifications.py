"""What one wants to be told by mail: where to, how often and of what."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from review.accounts.store import PeopleStore
from review.accounts.types import Person
from review.notifications.store import PreferenceRefused, PreferenceStore
from review.notifications.types import Every, NotificationPreference, Topic
from review.server.auth.guard import EVERYBODY, allow
from review.server.language import language_of, page_answer
from review.server.pages.desk import Desk, Seeing, Viewer
from review.server.routers import new_router

Anybody = Annotated[Person, Depends(allow(*EVERYBODY))]


def notifications_router(people: PeopleStore, preferences: PreferenceStore, desk: Desk) -> APIRouter:
    """The routes of one's own notifications."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False)

    def page(
        request: Request,
        viewer: Viewer,
        preference: NotificationPreference,
        *,
        refused: bool = False,
        kept: bool = False,
    ) -> Response:
        values = {
            "preference": preference,
            "refused": refused,
            "kept": kept,
            "topics": tuple(Topic),
            "everies": tuple(Every),
        }
        values["has_account"] = viewer.person.id in people.names()
        filled = desk.fill("accounts/notifications.html", viewer, **values)
        return page_answer(request, filled, status_code=422 if refused else 200)

    @router.get("/notifications")
    def get_preference(request: Request, person: Anybody, viewer: Seeing, kept: str = "") -> Response:
        return page(request, viewer, preferences.of(person.id), kept=bool(kept))

    @router.post("/notifications")
    def put_preference(
        request: Request,
        person: Anybody,
        viewer: Seeing,
        every: Annotated[Every, Form()],
        email: Annotated[str, Form(max_length=300)] = "",
        topics: Annotated[tuple[Topic, ...], Form()] = (),
    ) -> Response:
        """Keeps the preference; with what is no address the form comes back as it was."""
        language = language_of(request)
        preference = NotificationPreference(
            person_id=person.id, email=email.strip(), every=every, topics=topics, language=language
        )
        try:
            preferences.put(preference)
        except PreferenceRefused:
            return page(request, viewer, preference, refused=True)
        return RedirectResponse("/notifications?kept=1", status_code=303)

    return router

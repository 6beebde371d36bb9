"""The page of customers' own words: what is on a list, a word tried on what was said, put on it or taken off."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from claims.tenant_words import ListedWord
from claims.types import CHINA_TIME
from review.accounts.types import Person
from review.api_errors import PlatformError
from review.enforcement.notice_pages import shown_time
from review.server.api.ordering import Platform
from review.server.auth.guard import SENIORS, allow
from review.server.auth.tenant_reach import own_tenant, own_tenants
from review.server.language import keep_language
from review.server.pages.desk import Desk, Seeing, Viewer
from review.server.pages.webhooks import READERS
from review.server.routers import new_router
from review.stores import Stores
from review.streams.tenant_rules import RuleKind, name_of
from review.tenant_rules.words import TriedWord, UnknownWord, with_words, without_word, words_of
from review.tenants.types import Caller

Senior = Annotated[Person, Depends(allow(*SENIORS))]
Tenant = Annotated[str, Form(max_length=60)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What stood in the form."""

    word: str = ""
    kind: str = "block"
    class_id: str = ""
    match: str = "text"
    until: str = ""
    note: str = ""

    def read(self) -> ListedWord:
        """The word; ValidationError. It ends when the day that stands there has ended in China."""
        until = None
        if self.until:
            until = datetime.combine(datetime.fromisoformat(self.until).date() + timedelta(days=1), time(), CHINA_TIME)
        return ListedWord.model_validate(
            {"kind": self.kind, "word": self.word.strip(), "class": self.class_id or None, "match": self.match}
            | {"until": until, "note": self.note}
        )


def _sent(
    word: Annotated[str, Form(max_length=200)] = "",
    kind: Annotated[str, Form(max_length=20)] = "block",
    class_id: Annotated[str, Form(max_length=60)] = "",
    match: Annotated[str, Form(max_length=20)] = "text",
    until: Annotated[str, Form(max_length=20)] = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Sent:
    return Sent(word=word, kind=kind, class_id=class_id, match=match, until=until, note=note)


def words_pages_router(stores: Stores, desk: Desk, platform: Platform) -> APIRouter:
    """The routes of the page of words."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False)

    def page(
        viewer: Viewer, tenant: str, *, sent: Sent | None = None, tried: TriedWord | None = None, error: str = ""
    ) -> Response:
        stored = stores.tenant_rules.current(tenant, RuleKind.WORDS)
        known = (class_id for class_id in desk.glossary.classes if platform.word_terms(class_id) is not None)
        filled = desk.fill(
            "words/words.html",
            viewer,
            words=words_of(stored).words,
            name=name_of(RuleKind.WORDS, 0) if stored is None else stored.name,
            tenant=tenant,
            tenants=own_tenants(viewer.person, stores.keys),
            classes=sorted(known),
            at=_shown,
            now=stores.orders.now(),
            may_set=viewer.person.role in SENIORS,
            sent=sent or Sent(),
            tried=tried,
            error=error,
        )
        return HTMLResponse(filled, status_code=422 if error else 200)

    @router.get("/words", dependencies=[Depends(allow(*READERS))])
    def get_words(request: Request, viewer: Seeing, tenant: Annotated[str, Query(max_length=60)] = "") -> Response:
        answer = page(viewer, own_tenant(viewer.person, tenant))
        keep_language(request, answer)
        return answer

    @router.post("/words")
    def send_word(
        senior: Senior,
        viewer: Seeing,
        sent: Annotated[Sent, Depends(_sent)],
        tenant: Tenant,
        act: Annotated[str, Form(max_length=10)] = "add",
    ) -> Response:
        """Tries the word, or puts it on the list; with what is wrong the form comes back as it was."""
        own_tenant(senior, tenant)
        try:
            word = sent.read()
            if act == "try":
                [tried] = stores.tenant_rules.try_words(tenant, [word], stores.orders.now())
                return page(viewer, tenant, sent=sent, tried=tried)
            stores.tenant_rules.put(
                Caller.of_operator(tenant, senior.id),
                RuleKind.WORDS,
                lambda old: with_words(old, [word], platform.word_terms),
            )
        except ValidationError as error:
            message = "; ".join(one["msg"].removeprefix("Value error, ") for one in error.errors(include_url=False))
            return page(viewer, tenant, sent=sent, error=message)
        except (ValueError, PlatformError) as error:
            return page(viewer, tenant, sent=sent, error=str(error))
        return RedirectResponse(f"/words?tenant={tenant}", status_code=303)

    @router.post("/words/remove")
    def remove_word(
        senior: Senior, viewer: Seeing, tenant: Tenant, word_id: Annotated[str, Form(max_length=20)]
    ) -> Response:
        own_tenant(senior, tenant)
        try:
            stores.tenant_rules.put(
                Caller.of_operator(tenant, senior.id),
                RuleKind.WORDS,
                lambda old: without_word(old, word_id, platform.word_terms),
            )
        except UnknownWord as error:
            return page(viewer, tenant, error=str(error))
        return RedirectResponse(f"/words?tenant={tenant}", status_code=303)

    return router


def _shown(moment: datetime) -> str:
    return shown_time(int(moment.timestamp() * 1000))

"""Fills the pages' templates for one viewer: in their language, with their token."""

import json
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from markupsafe import Markup

from review.accounts.types import Person
from review.enforcement.notice_pages import shown_time
from review.presentation.catalogues import LANGUAGES, Language
from review.presentation.findings import stream_clock
from review.presentation.glossary import Glossary
from review.presentation.language import Words
from review.presentation.terms import keys_of
from review.server.assets import parts_script, static_url, vendored_scripts
from review.server.auth.guard import csrf, person_of
from review.server.language import language_of
from review.server.pages.page_templates import page_templates


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks at a page and in which language; `switch_url` is the same page in the other one."""

    person: Person
    language: Language
    csrf: str = field(repr=False)
    style_nonce: str
    switch_url: str


def viewer_of(request: Request) -> Viewer:
    """The viewer that the request comes from; the route's guard has let them through."""
    return Viewer(
        person=person_of(request),
        language=language_of(request),
        csrf=csrf(request),
        style_nonce=request.state.style_nonce,
        switch_url=_switch_url(request),
    )


def _switch_url(request: Request) -> str:
    [other] = set(LANGUAGES) - {language_of(request)}
    url = request.url.include_query_params(lang=other)
    return f"{url.path}?{url.query}"


Seeing = Annotated[Viewer, Depends(viewer_of)]


class Desk:
    """The templates; fragments carry a version, so that an unchanged one is answered with nothing and left alone."""

    def __init__(self, glossary: Glossary) -> None:
        self.glossary = glossary
        self._templates = page_templates()
        self._templates.globals.update(
            clock=stream_clock,
            finding_url=finding_url,
            case_url=case_url,
            shown_time=shown_time,
            scripts=vendored_scripts(),
            parts_script=parts_script(),
            static=static_url,
            glossary=glossary,
        )

    def fill(self, template: str, viewer: Viewer, **values: object) -> Markup:
        """The template with these values, for this viewer."""
        words = Words(viewer.language)
        filled = self._templates.get_template(template).render(
            t=words, viewer=viewer, script_texts=_script_texts(words), **values
        )
        return Markup(filled)

    def words_only(self, template: str, language: Language, **values: object) -> Markup:
        """The template for somebody who may not be known, in this language."""
        filled = self._templates.get_template(template).render(t=Words(language), language=language, **values)
        return Markup(filled)

    def versioned(self, template: str, viewer: Viewer, seen: str | None, **values: object) -> Markup | None:
        """The template with its version in it; None if `seen` is still that."""
        content = self.fill(template, viewer, version="", **values)
        version = blake2b(content.encode(), digest_size=8).hexdigest()
        return None if version == seen else self.fill(template, viewer, version=version, **values)


def _script_texts(words: Words) -> str:
    """What scripts say, as JSON: every text of the kinds `js` and `barred`."""
    said = {key.removeprefix("js."): words(key) for key in keys_of("js", "barred")}
    return json.dumps(said, ensure_ascii=False, sort_keys=True)


def finding_url(finding_id: str) -> str:
    """The address of a finding's page; the id may hold any character."""
    return f"/findings/{quote(finding_id, safe='')}"


def case_url(case_id: str) -> str:
    """The address of a case's page."""
    return f"/cases/{quote(case_id, safe='')}"

"""The page on which a measure is proposed: people choose and remark; the notice beside it is composed."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from review.enforcement.errors import MeasureRefused
from review.enforcement.notice_view import ShownNotice, intended_term, shown_notice
from review.enforcement.notice_wording import date_en, date_zh, offset
from review.enforcement.occurrences import Words as CaseWords
from review.enforcement.store import EnforcementStore
from review.enforcement.types import Held, HostFile, MeasureKind, Occurrence, Strike
from review.presentation.language import Words
from review.server.auth.guard import DECIDERS, allow
from review.server.pages.desk import Seeing, Viewer
from review.server.pages.enforcement import Decider, Id, Office, Short, Text
from review.server.pages.measure_form import MeasureForm, breaches, first_form
from review.server.routers import new_router
from review.tenants.reach import Reach

_MOST_DAYS = 3650


def measure_form(
    kind: Annotated[MeasureKind, Form()],
    starts_at: Short = "",
    term_days: Annotated[str, Form(max_length=4, pattern=r"^\s*\d*\s*$")] = "",
    remarks_zh: Text = "",
    remarks_en: Text = "",
    breach: Short = "",
    serious_why: Text = "",
    urgent_why: Text = "",
    case_id: Annotated[list[str] | None, Form(max_length=200)] = None,
) -> MeasureForm:
    """The choice that was sent; whatever else is sent is not looked at."""
    return MeasureForm(
        kind=kind,
        case_ids=tuple(case_id or ()),
        starts_at=starts_at,
        term_days=min(int(term_days), _MOST_DAYS) if term_days.strip() else None,
        remarks_zh=remarks_zh,
        remarks_en=remarks_en,
        breach=breach.strip(),
        serious_why=serious_why,
        urgent_why=urgent_why,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosable:
    """A case that can be chosen; `first` None: its words are no longer kept. `points` None: it no longer counts."""

    strike: Strike
    first: Occurrence | None
    when: str
    points: int | None
    behind: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The notice as it would be sent now, or why there is none. `breaches`: what a blacklist could rest on.

    `graver`: the chosen measure is graver than what the table proposes for the chosen cases.
    """

    notice: ShownNotice | None
    error: MeasureRefused | None
    breaches: tuple[str, ...]
    graver: bool


class Proposing:
    """Fills the page and its preview."""

    def __init__(self, enforcement: EnforcementStore, office: Office) -> None:
        self._enforcement = enforcement
        self._office = office

    def page(
        self,
        request: Request,
        host_id: str,
        viewer: Viewer,
        kind: MeasureKind | None,
        form: MeasureForm | None = None,
        error: MeasureRefused | None = None,
    ) -> Response:
        """The form of a proposal: as drafted, or as it was sent with what is wrong in it."""
        due = self._enforcement
        held = self._office.held(host_id, viewer.person)
        proposal = due.proposal_for(held)
        form = form or first_form(held, proposal, kind)
        return self._office.page(
            request,
            "propose.html",
            viewer,
            422 if error else 200,
            held=held,
            host_name=self._office.host_name(host_id),
            proposal=proposal,
            choosable=self._choosable(held, viewer),
            form=form,
            kinds=tuple(MeasureKind),
            preview=self._preview(host_id, form, viewer),
            laws=self._office.laws,
            error=error,
            Held=Held,
        )

    def preview(self, request: Request, host_id: str, viewer: Viewer, form: MeasureForm, fields_of: str) -> Response:
        """The composed notice for what is chosen now, and the measure's own fields where they are others now.

        `fields_of`: for what the fields on the page were made, as `fields_key` spells it.
        """
        shown = self._preview(host_id, form, viewer)
        filled = self._office.fragment(
            "_preview.html",
            viewer,
            form=form,
            preview=shown,
            laws=self._office.laws,
            with_fields=fields_of != fields_key(form, shown),
            host_id=host_id,
        )
        return HTMLResponse(filled)

    def _preview(self, host_id: str, form: MeasureForm, viewer: Viewer) -> Preview:
        table = self._enforcement.setup.measures
        try:
            notice = self._enforcement.draft(form.wanted(host_id))
        except MeasureRefused as error:
            return Preview(notice=None, error=error, breaches=(), graver=False)
        proposed = MeasureKind(notice.proposed_kind).gravity if notice.proposed_kind else -1
        shown = shown_notice(
            notice,
            viewer.language,
            self._office.laws,
            term=intended_term(notice, Words(viewer.language)),
            breach=form.breach if form.kind is MeasureKind.BLACKLIST else "",
            serious_why=form.serious_why.strip() if form.kind is MeasureKind.BLACKLIST else "",
        )
        return Preview(
            notice=shown,
            error=None,
            breaches=breaches(notice.basis, table),
            graver=form.kind.gravity > proposed,
        )

    def _choosable(self, held: HostFile, viewer: Viewer) -> list[Choosable]:
        words = self._enforcement.words([strike.case_id for strike in held.strikes])
        points = {step.case_id: step.points for step in self._enforcement.proposal_for(held).steps}
        behind = {case_id for measure in held.measures if measure.closed_at_ms is None for case_id in measure.case_ids}
        shown = [
            Choosable(
                strike=strike,
                first=_first(words.get(strike.case_id)),
                when=_when(_first(words.get(strike.case_id)), viewer),
                points=points.get(strike.case_id),
                behind=strike.case_id in behind,
            )
            for strike in held.strikes
        ]
        return sorted(shown, key=lambda each: (each.strike.said_in[0].first_ms, each.strike.case_id))


def fields_key(form: MeasureForm, preview: Preview) -> str:
    """For what the measure's own fields are made; while it stays, they are left as they are."""
    return "|".join([form.kind.value, *(preview.breaches if form.kind is MeasureKind.BLACKLIST else ())])


def _first(words: CaseWords | None) -> Occurrence | None:
    return words.said[0].occurrences[0] if words and words.said else None


def _when(first: Occurrence | None, viewer: Viewer) -> str:
    if first is None:
        return ""
    date = date_zh if viewer.language == "zh" else date_en
    moment = "" if first.said_at_ms is None else f"{date(first.said_at_ms, seconds=True)} · "
    return f"{moment}{first.title} · {offset(first.at_ms)}"


def proposing_router(enforcement: EnforcementStore, reach: Reach, office: Office) -> APIRouter:
    """The routes of proposing a measure."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False)
    proposing = Proposing(enforcement, office)

    @router.get("/hosts/{host_id:path}/propose", dependencies=[Depends(allow(*DECIDERS))])
    def get_draft(request: Request, host_id: Id, viewer: Seeing, kind: MeasureKind | None = None) -> Response:
        return proposing.page(request, host_id, viewer, kind)

    @router.post("/hosts/{host_id:path}/propose", dependencies=[Depends(allow(*DECIDERS))])
    def preview(
        request: Request,
        host_id: Id,
        viewer: Seeing,
        form: Annotated[MeasureForm, Depends(measure_form)],
        fields_of: Short = "",
    ) -> Response:
        reach.check(viewer.person, "case_id", *form.case_ids)
        if request.headers.get("HX-Request") != "true":
            return proposing.page(request, host_id, viewer, form.kind, form)
        return proposing.preview(request, host_id, viewer, form, fields_of)

    @router.post("/hosts/{host_id:path}/measures")
    def propose(
        request: Request,
        host_id: Id,
        person: Decider,
        viewer: Seeing,
        form: Annotated[MeasureForm, Depends(measure_form)],
    ) -> Response:
        reach.check(person, "case_id", *form.case_ids)
        try:
            measure = enforcement.propose(form.wanted(host_id), person)
        except MeasureRefused as error:
            return proposing.page(request, host_id, viewer, form.kind, form, error)
        return RedirectResponse(f"/measures/{measure.id}", status_code=303)

    return router

"""The pages on which people work with hosts' files, measures and appeals."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from claims.law.texts import StatuteTexts
from review.accounts.types import Person
from review.cases.decisions import REASONS
from review.cases.types import Choice
from review.enforcement.errors import AppealRefused, MeasureRefused
from review.enforcement.measure_states import people_needed
from review.enforcement.measures import notice_sha256
from review.enforcement.notice_pages import decision_html, notice_html, pdf_of, shown_time
from review.enforcement.notice_view import ShownNotice, shown_measure, state_key
from review.enforcement.penalty_points import expires_at_ms
from review.enforcement.penalty_table import DAY_MS
from review.enforcement.rulings import Decided
from review.enforcement.store import EnforcementStore
from review.enforcement.types import AppealState, HandedIn, HostFile, HostPage, Measure, MeasureKind, MeasureState
from review.errors import UnknownCaseError
from review.evidence.files import KeptEvidence, handed_in_name
from review.server.api.cursor import read_time_and_id, write_cursor
from review.server.auth.guard import DECIDERS, EVERYBODY, SENIORS, allow
from review.server.language import page_answer
from review.server.pages.appeal_form import AppealForm, read_appeal_form
from review.server.pages.desk import Desk, Seeing, Viewer
from review.server.pages.host_timeline import timeline
from review.server.routers import new_router
from review.stores import Stores
from review.tenants.tenancy import UnknownHost

Id = Annotated[str, Path(min_length=1, max_length=200)]
Decider = Annotated[Person, Depends(allow(*DECIDERS))]
Senior = Annotated[Person, Depends(allow(*SENIORS))]
Text = Annotated[str, Form(max_length=20_000)]
Short = Annotated[str, Form(max_length=300)]
Cursor = Annotated[str | None, Query(max_length=200)]
READERS = [Depends(allow(*EVERYBODY))]


class Office:
    """Fills the pages of due process."""

    def __init__(self, stores: Stores, desk: Desk) -> None:
        self._stores = stores
        self._desk = desk

    def page(self, request: Request, template: str, viewer: Viewer, status: int = 200, **values: object) -> Response:
        """The page, with what all of them show: the table, times, names."""
        return page_answer(request, self.fragment(template, viewer, **values), status_code=status)

    def fragment(self, template: str, viewer: Viewer, **values: object) -> str:
        """A part of a page, with the same."""
        due = self._stores.enforcement
        return self._desk.fill(
            f"enforcement/{template}",
            viewer,
            table=due.setup.measures,
            at=shown_time,
            now_ms=due.now_ms(),
            state_key=lambda measure: state_key(measure, due.now_ms()),
            names=self._stores.people.names(),
            case_number=self.case_number,
            **values,
        )

    def host_name(self, host_id: str) -> str:
        """The name by which the host's cases know the account, or its id."""
        return self._stores.cases.host_names([host_id]).get(host_id, host_id)

    def held(self, host_id: str, person: Person) -> HostFile:
        """The host's file, as far as the person reaches: accounts that are linked may be other customers'."""
        return self._stores.tenancy.own_file(person.tenants, self._stores.enforcement.host_file(host_id, person.id))

    def case_number(self, case_id: str) -> str:
        """The number that people name the case by; of one that was erased, the beginning of its id."""
        try:
            return self._stores.cases.case(case_id).shown_number
        except UnknownCaseError:
            return case_id[:8]

    @property
    def laws(self) -> StatuteTexts:
        """The texts of law that pages show."""
        return self._desk.glossary.laws

    def _notice(self, measure: Measure, viewer: Viewer) -> ShownNotice:
        return shown_measure(measure, viewer.language, self.laws, self._stores.enforcement.now_ms())

    def host(self, request: Request, host_id: str, viewer: Viewer) -> Response:
        """The host's file."""
        if not self._stores.streams.knows_host(host_id):
            raise UnknownHost(host_id)
        held = self.held(host_id, viewer.person)
        proposal = self._stores.enforcement.proposal_for(held)
        steps = {step.case_id: step for step in proposal.steps}
        table = self._stores.enforcement.setup.measures
        return self.page(
            request,
            "host.html",
            viewer,
            held=held,
            host_name=self.host_name(host_id),
            proposal=proposal,
            strikes=[(strike, steps.get(strike.case_id), expires_at_ms(strike, table)) for strike in held.strikes],
            timeline=timeline(self._stores, held),
            entry=next((m for m in held.measures if _is_entry(m.kind, m.state)), None),
            may_propose=viewer.person.role in DECIDERS and bool(held.strikes),
        )

    def measure(
        self,
        request: Request,
        measure_id: str,
        viewer: Viewer,
        *,
        error: MeasureRefused | None = None,
        link: str | None = None,
    ) -> Response:
        """The measure's page: its notice, what was said, what can be done. `link`: a host's link, shown this once."""
        shown = self._stores.enforcement.measure_file(measure_id, viewer.person.id)
        measure, person = shown.measure, viewer.person
        proposed = measure.state is MeasureState.PROPOSED
        people = people_needed(measure.kind, self._stores.enforcement.setup.measures)
        own = measure.proposed_by == person.id
        stale = self._stores.enforcement.changed_case(measure) if proposed else None
        return self.page(
            request,
            "measure.html",
            viewer,
            422 if error else 200,
            shown=shown,
            measure=measure,
            host_name=self.host_name(measure.host_id),
            notice=self._notice(measure, viewer),
            notice_sha256=notice_sha256(measure),
            stale=stale,
            may_approve=proposed and person.role in SENIORS and not (own and people == 2) and stale is None,
            needs_other=proposed and own and people == 2,
            may_reject=proposed and (person.role in SENIORS or own),
            may_link=person.role in DECIDERS,
            error=error,
            link=link,
        )

    def appeal(
        self,
        request: Request,
        appeal_id: str,
        viewer: Viewer,
        error: AppealRefused | None = None,
        *,
        form: AppealForm | None = None,
        preview: Decided | None = None,
    ) -> Response:
        """The appeal's page; whoever had a part in the measure can read it and not decide.

        `form`: what stands in its fields; `preview`: what that would make of the measure.
        """
        due = self._stores.enforcement
        appeal, shown = due.appeal_file(appeal_id, viewer.person.id)
        measure = shown.measure
        barred = viewer.person.id in due.had_part(appeal_id)
        waits = appeal.state is AppealState.FILED
        facts = {fact.case_id: number for number, fact in enumerate(measure.notice.facts, 1)}
        cases = [
            (case, facts.get(case.id, 0), self._stores.cases.findings(case.id))
            for case in (self._stores.cases.case(case_id) for case_id in measure.case_ids)
        ]
        after = preview.after if preview else None
        return self.page(
            request,
            "appeal.html",
            viewer,
            422 if error else 200,
            appeal=appeal,
            shown=shown,
            measure=measure,
            notice=self._notice(measure, viewer),
            host_name=self.host_name(measure.host_id),
            barred=barred,
            may_decide=waits and not barred and viewer.person.role in SENIORS,
            reasons=REASONS[Choice.LAWFUL],
            cases=sorted(cases, key=lambda each: each[1]),
            kinds=[kind for kind in MeasureKind if kind.gravity <= measure.kind.gravity],
            most_days=-(-(measure.ends_at_ms - measure.starts_at_ms) // DAY_MS),
            form=form or AppealForm(),
            preview=preview,
            corrected=self._notice(after, viewer) if after else None,
            error=error,
        )


def _is_entry(kind: MeasureKind, state: MeasureState) -> bool:
    return kind is MeasureKind.BLACKLIST and state in {MeasureState.PROPOSED, MeasureState.IN_FORCE}


def handed_in(page: HostPage, sha256: str) -> HandedIn:
    """A file that was handed in about this measure; 404 for any other."""
    files = [*(page.defence.files if page.defence else ()), *(file for appeal in page.appeals for file in appeal.files)]
    found = {file.sha256: file for file in files}
    if sha256 not in found:
        raise HTTPException(404, "no file of this measure has this hash")
    return found[sha256]


def file_answer(enforcement: EnforcementStore, evidence: KeptEvidence, file: HandedIn) -> Response:
    """The file for download; it is never shown in a page of this server."""
    evidence.restore([handed_in_name(file.sha256)])
    content = enforcement.setup.files.read(file.sha256)
    suffix = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg"}.get(file.media_type, ".mp4")
    headers = {"Content-Disposition": f'attachment; filename="{file.sha256[:12]}{suffix}"'}
    return Response(content, media_type=file.media_type, headers=headers)


def pdf_answer(html: str, name: str) -> Response:
    """The page as PDF."""
    headers: Mapping[str, str] = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(pdf_of(html), media_type="application/pdf", headers=dict(headers))


def office_router(stores: Stores, office: Office, public_url: str) -> APIRouter:  # noqa: C901 - its routes are counted with it, and each is simple
    """The routes of hosts' files, measures and appeals; `public_url` is where hosts reach this server."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/hosts/{host_id:path}", dependencies=READERS)
    def get_host(request: Request, host_id: Id, viewer: Seeing) -> Response:
        return office.host(request, host_id, viewer)

    @router.get("/measures", dependencies=READERS)
    def get_measures(
        request: Request, viewer: Seeing, waiting_after: Cursor = None, in_force_after: Cursor = None
    ) -> Response:
        due, tenants = stores.enforcement, viewer.person.tenants
        # Both lists stand on the first page, and on those that follow the one that goes on.
        waiting = None if in_force_after else due.waiting(tenants, after=read_time_and_id(waiting_after))
        in_force = None if waiting_after else due.in_force(tenants, after=read_time_and_id(in_force_after))
        shown = [one.host_id for page in (waiting, in_force) if page is not None for one in page.measures]
        return office.page(
            request,
            "measures.html",
            viewer,
            waiting=waiting,
            in_force=in_force,
            host_names=stores.cases.host_names(shown),
            cursor=write_cursor,
        )

    @router.get("/measures/{measure_id}", dependencies=READERS)
    def get_measure(request: Request, measure_id: Id, viewer: Seeing) -> Response:
        return office.measure(request, measure_id, viewer)

    @router.get("/measures/{measure_id}/notice.pdf", dependencies=READERS)
    def get_notice(measure_id: Id, viewer: Seeing) -> Response:
        measure = stores.enforcement.measure(measure_id, viewer.person.id)
        name = office.host_name(measure.host_id)
        now_ms = stores.enforcement.now_ms()
        return pdf_answer(notice_html(measure, name, stores.enforcement.setup.measures, office.laws, now_ms), "notice")

    @router.get("/measures/{measure_id}/files/{sha256}", dependencies=READERS)
    def get_file(measure_id: Id, sha256: Id, viewer: Seeing) -> Response:
        return file_answer(
            stores.enforcement,
            stores.evidence,
            handed_in(stores.enforcement.measure_file(measure_id, viewer.person.id), sha256),
        )

    @router.post("/measures/{measure_id}/approve")
    def approve(
        request: Request, measure_id: Id, person: Senior, viewer: Seeing, notice_sha256: Short = ""
    ) -> Response:
        try:
            stores.enforcement.approve(measure_id, person, seen=notice_sha256)
        except MeasureRefused as error:
            return office.measure(request, measure_id, viewer, error=error)
        return RedirectResponse(f"/measures/{measure_id}", status_code=303)

    @router.post("/measures/{measure_id}/reject")
    def reject(request: Request, measure_id: Id, person: Decider, viewer: Seeing, why: Text = "") -> Response:
        try:
            stores.enforcement.reject(measure_id, person, why)
        except MeasureRefused as error:
            return office.measure(request, measure_id, viewer, error=error)
        return RedirectResponse(f"/measures/{measure_id}", status_code=303)

    @router.post("/measures/{measure_id}/link")
    def make_link(request: Request, measure_id: Id, person: Decider, viewer: Seeing) -> Response:
        token = stores.enforcement.issue_token(measure_id, person.id)
        base = public_url.rstrip("/") or str(request.base_url).rstrip("/")
        return office.measure(request, measure_id, viewer, link=f"{base}/h/{token}")

    @router.get("/appeals", dependencies=READERS)
    def get_appeals(request: Request, viewer: Seeing) -> Response:
        waiting = stores.enforcement.open_appeals(viewer.person.tenants)
        appeals = stores.enforcement.appeals_read(waiting, viewer.person.id)
        host_names = stores.cases.host_names(measure.host_id for _, measure, _ in appeals)
        return office.page(request, "appeals.html", viewer, appeals=appeals, host_names=host_names)

    @router.get("/appeals/{appeal_id}", dependencies=READERS)
    def get_appeal(request: Request, appeal_id: Id, viewer: Seeing) -> Response:
        return office.appeal(request, appeal_id, viewer)

    @router.get("/appeals/{appeal_id}/decision.pdf", dependencies=READERS)
    def get_decision(appeal_id: Id, viewer: Seeing) -> Response:
        appeal, shown = stores.enforcement.appeal_file(appeal_id, viewer.person.id)
        name = office.host_name(shown.measure.host_id)
        return pdf_answer(decision_html(appeal, shown.measure, name, stores.enforcement.setup.measures), "decision")

    @router.post("/appeals/{appeal_id}/decide")
    def decide(
        request: Request,
        appeal_id: Id,
        person: Senior,
        viewer: Seeing,
        form: Annotated[AppealForm, Depends(read_appeal_form)],
    ) -> Response:
        """Decides the appeal, or shows what the choice would make of the measure."""
        due = stores.enforcement
        appeal, shown = due.appeal_file(appeal_id, person.id)
        try:
            rulings, remaining = form.rulings(appeal, shown.measure), form.remaining()
            if form.wants_preview:
                found = due.preview_appeal(appeal_id, rulings, remaining)
                return office.appeal(request, appeal_id, viewer, form=form, preview=found)
            due.decide_appeal(
                appeal_id, person, rulings, remaining, reasons_zh=form.reasons_zh, reasons_en=form.reasons_en
            )
        except AppealRefused as error:
            return office.appeal(request, appeal_id, viewer, error, form=form)
        return RedirectResponse(f"/appeals/{appeal_id}", status_code=303)

    return router

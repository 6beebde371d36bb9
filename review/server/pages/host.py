"""The host's own page: no account, only the link; the notice, the clips, an answer or an appeal with files."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from starlette.datastructures import UploadFile

from review.accounts.types import Person, Role
from review.cases.store import CaseStore
from review.enforcement.errors import AppealRefused
from review.enforcement.notice_pages import notice_html, shown_time
from review.enforcement.notice_view import shown_measure, state_key
from review.enforcement.penalty_table import StatementLimits
from review.enforcement.store import EnforcementStore
from review.enforcement.types import HostPage
from review.errors import ClipMissingError, Forbidden
from review.presentation.findings import clip_view
from review.server.api.findings import find_clip
from review.server.auth.guard import CSRF_FIELD, anybody, check_origin, same_secret
from review.server.language import language_of, page_answer
from review.server.pages.desk import Desk, Viewer
from review.server.pages.enforcement import file_answer, handed_in, pdf_answer
from review.server.routers import new_router
from review.stores import Stores
from review.streams.types import StoredFinding

Token = Annotated[str, Path(min_length=20, max_length=200)]
_SLACK_BYTES = 200_000
_CHARACTER_BYTES = 4


class HostPages:
    """Fills the host's page and takes what is sent from it."""

    def __init__(self, cases: CaseStore, enforcement: EnforcementStore, desk: Desk) -> None:
        self._cases = cases
        self._enforcement = enforcement
        self._desk = desk

    def shown(self, request: Request, token: str, *, said: str = "", error: AppealRefused | None = None) -> Response:
        """The page; UnknownTokenError for a link that is unknown or over. `said`: what was typed, if it was refused."""
        page, now_ms = self._enforcement.page(token), self._enforcement.now_ms()
        name = next((case.host_name for case in self._cases.host_cases(page.measure.host_id, 1)), "")
        filled = self._desk.fill(
            "enforcement/page.html",
            self._nobody(request, token),
            shown=page,
            measure=page.measure,
            host_name=name or page.measure.host_id,
            table=self._enforcement.setup.measures,
            limits=self._enforcement.setup.measures.statements,
            notice=shown_measure(page.measure, language_of(request), self._desk.glossary.laws, now_ms),
            findings=[(stored, clip_view(stored)) for stored in self.findings(page)],
            token=token,
            at=shown_time,
            now_ms=now_ms,
            state_key=lambda measure: state_key(measure, now_ms),
            said=said,
            error=error,
        )
        return page_answer(request, filled, status_code=422 if error else 200)

    def findings(self, page: HostPage) -> list[StoredFinding]:
        """The findings of the cases that the measure rests on."""
        return [stored for case_id in page.measure.case_ids for stored in self._cases.findings(case_id)]

    def send(self, request: Request, token: str, statement: str, files: list[tuple[str, bytes]]) -> Response:
        """Takes an answer before the measure, or an appeal after it."""
        page = self._enforcement.page(token)
        try:
            if not (page.may_answer or page.may_appeal):
                raise AppealRefused("statement", "the time for it is over, or one is there already", code="not_now")
            kept = [self._enforcement.hand_in(token, name, content) for name, content in files]
            if page.may_answer:
                self._enforcement.answer(token, statement, kept)
            else:
                self._enforcement.appeal(token, statement, kept)
        except AppealRefused as error:
            return self.shown(request, token, said=statement, error=error)
        return RedirectResponse(f"/h/{token}", status_code=303)

    def _nobody(self, request: Request, token: str) -> Viewer:
        language = language_of(request)
        query = request.url.include_query_params(lang="en" if language == "zh" else "zh").query
        return Viewer(
            person=Person(id="", name="", role=Role.AUDITOR),
            language=language,
            csrf=form_secret(token),
            style_nonce=request.state.style_nonce,
            switch_url=f"/h/{token}?{query}",
        )


def form_secret(token: str) -> str:
    """What the page's form sends along: only whoever has the page knows it."""
    return hashlib.sha256(f"form\0{token}".encode()).hexdigest()


def check_length(request: Request, limits: StatementLimits) -> None:
    """HTTPException 411 or 413 unless the length of what is sent is told and within bounds."""
    length = request.headers.get("content-length", "")
    most = limits.most_files * limits.largest_file_bytes + limits.longest_chars * _CHARACTER_BYTES + _SLACK_BYTES
    if not length.isdigit():
        raise HTTPException(411, "the length of what is sent is not told")
    if int(length) > most:
        raise HTTPException(413, f"larger than {most} bytes; send fewer or smaller files")


def host_router(stores: Stores, desk: Desk) -> APIRouter:
    """The routes behind a host's link; the token in the address is all that is asked for."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False, dependencies=[Depends(anybody)])
    pages = HostPages(stores.cases, stores.enforcement, desk)

    @router.get("/h/{token}")
    def get_page(request: Request, token: Token) -> Response:
        return pages.shown(request, token)

    @router.post("/h/{token}")
    async def send(request: Request, token: Token) -> Response:
        check_origin(request)
        await run_in_threadpool(stores.enforcement.page, token)
        limits = stores.enforcement.setup.measures.statements
        check_length(request, limits)
        part_bytes = limits.longest_chars * _CHARACTER_BYTES
        async with request.form(max_files=limits.most_files, max_fields=8, max_part_size=part_bytes) as form:
            secret, statement = form.get(CSRF_FIELD), form.get("statement")
            if not isinstance(secret, str) or not same_secret(secret, form_secret(token)):
                raise Forbidden("the page's token is missing or out of date; load the page again")
            uploads = [upload for upload in form.getlist("files") if isinstance(upload, UploadFile) and upload.filename]
            files = [(upload.filename or "", await upload.read(limits.largest_file_bytes + 1)) for upload in uploads]
        text = statement if isinstance(statement, str) else ""
        return await run_in_threadpool(pages.send, request, token, text, files)

    @router.get("/h/{token}/notice.pdf")
    def get_notice(request: Request, token: Token) -> Response:
        page = stores.enforcement.page(token)
        host_id = page.measure.host_id
        name = next((case.host_name for case in stores.cases.host_cases(host_id, 1)), host_id)
        url = f"{str(request.base_url).rstrip('/')}/h/{token}"
        table, laws = stores.enforcement.setup.measures, desk.glossary.laws
        return pdf_answer(
            notice_html(page.measure, name, table, laws, stores.enforcement.now_ms(), page_url=url), "notice"
        )

    @router.get("/h/{token}/clips/{finding_id}.mp4")
    def get_clip(token: Token, finding_id: str) -> FileResponse:
        page = stores.enforcement.page(token)
        if finding_id not in {stored.finding.finding_id for stored in pages.findings(page)}:
            raise ClipMissingError(finding_id)
        path = find_clip(stores.streams, stores.evidence, stores.enforcement.setup.data_dir, finding_id)
        return FileResponse(path, media_type="video/mp4", headers={"Cache-Control": "private, no-cache"})

    @router.get("/h/{token}/files/{sha256}")
    def get_file(token: Token, sha256: str) -> Response:
        return file_answer(stores.enforcement, stores.evidence, handed_in(stores.enforcement.page(token), sha256))

    return router

"""The pages on which policies are handed in, replayed over what is stored, and go live by two people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response, UploadFile
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, RedirectResponse

from claims.types import CHINA_TIME
from review.accounts.types import Person
from review.api_errors import PlatformError
from review.enforcement.notice_pages import shown_time
from review.judge_pool.callers import party_of
from review.judge_pool.pool import JudgingPool
from review.policies.errors import PolicyMoveRefused, PolicyPackError
from review.policies.folders import POLICIES, PackedPolicy
from review.policies.lifecycle import PolicyMove, history, waiting
from review.presentation.language import Words
from review.replays.report import report_from_json
from review.replays.types import ReplayState, Scope
from review.server.auth.guard import EVERYBODY, SENIORS, allow
from review.server.language import page_answer
from review.server.pages.desk import Desk, Seeing, Viewer
from review.server.pages.replay_report import report_values
from review.server.policy_uploads import PolicyRead
from review.server.routers import new_router
from review.stores import Stores
from review.tenants.types import Caller

READERS = [Depends(allow(*EVERYBODY))]
Senior = Annotated[Person, Depends(allow(*SENIORS))]
Id = Annotated[str, InPath(max_length=64)]
Day = Annotated[str, Form(max_length=10)]
Why = Annotated[str, Form(max_length=2_000)]
PACKAGED = "packaged"
_MOST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDesk:
    """What the pages of policies need: where policies lie, whether the settings name one, and what reads them.

    `policy_dir`: the one that the settings name; `packaged`: the one that is in force while none went live. Without
    either no candidate can be made from what is in force.
    """

    data_dir: Path
    is_overridden: bool = False
    policy_dir: Path | None = None
    packaged: Path | None = None
    pool: JudgingPool | None = None


def replays_router(stores: Stores, desk: Desk, settings: PolicyDesk) -> APIRouter:  # noqa: C901 - its routes are counted with it, and each is simple
    """The routes of policies and replays."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False)

    def page(request: Request, template: str, viewer: Viewer, status: int = 200, /, **values: object) -> Response:
        filled = desk.fill(f"replays/{template}", viewer, at=shown_time, names=stores.people.names(), **values)
        return page_answer(request, filled, status_code=status)

    def overview(request: Request, viewer: Viewer, error: str = "", status: int = 200) -> Response:
        moves = stores.policies.moves()
        versions = stores.policies.versions()
        words = Words(viewer.language)
        policy_names = {version.digest: version.name for version in versions}
        stack = history(moves)
        return page(
            request,
            "replays.html",
            viewer,
            status,
            versions=versions,
            replays=stores.replays.replays(),
            moves=tuple(reversed(moves)),
            waiting=waiting(moves),
            live=stack[-1],
            earlier=stack[-2] if len(stack) > 1 else PACKAGED,
            goes_back=len(stack) > 1,
            policy_name=lambda digest: policy_names.get(digest, words("policy.packaged")),
            is_overridden=settings.is_overridden,
            may_move=viewer.person.role in SENIORS,
            error=error,
        )

    def read(person: Person, job: PolicyRead) -> PackedPolicy:
        if settings.pool is None:
            return job.unpacked()
        packed: PackedPolicy = settings.pool.do(party_of(Caller.of_person(person)), job)
        return packed

    def moved(request: Request, viewer: Viewer, error: PolicyMoveRefused) -> Response:
        return overview(request, viewer, Words(viewer.language)(f"policy_error.{error.code}"), 422)

    @router.get("/replays", dependencies=READERS)
    def get_replays(request: Request, viewer: Seeing) -> Response:
        return overview(request, viewer)

    @router.post("/policies")
    def hand_in(request: Request, person: Senior, viewer: Seeing, archive: UploadFile) -> Response:
        """Keeps an uploaded policy; one that is wrong is answered with the file, the line and the reason."""
        content = archive.file.read(_MOST_BYTES + 1)
        words = Words(viewer.language)
        try:
            if len(content) > _MOST_BYTES:
                raise PolicyPackError(f"is larger than {_MOST_BYTES // 1_000_000} MB")
            policy = read(person, PolicyRead(content=content, root=settings.data_dir / POLICIES))
        except PolicyPackError as error:
            return overview(request, viewer, words("policy_error.archive", why=error.why), 422)
        except PlatformError as error:
            return overview(request, viewer, words(f"before.{error.code}"), error.status)
        stores.policies.add_version(policy, person.id)
        return RedirectResponse("/replays", status_code=303)

    @router.post("/replays")
    def start(
        person: Senior, digest: Annotated[str, Form(max_length=64)], since: Day = "", until: Day = ""
    ) -> Response:
        scope = Scope(since=_moment(since), until=_moment(until))
        replay_id = stores.replays.ask(stores.policies.version(digest).digest, scope, person.id)
        return RedirectResponse(f"/replays/{replay_id}", status_code=303)

    @router.get("/replays/{replay_id}", dependencies=READERS)
    def get_replay(request: Request, replay_id: Id, viewer: Seeing) -> Response:
        replay = stores.replays.replay(replay_id)
        words, values = Words(viewer.language), dict[str, object]()
        if replay.report is not None:
            values = report_values(
                report_from_json(replay.report), words, _classes(desk), desk.glossary.laws, linked=True
            )
        is_going = replay.state in (ReplayState.WAITING, ReplayState.RUNNING)
        version = stores.policies.version(replay.digest)
        return page(
            request,
            "replay.html",
            viewer,
            replay=replay,
            version=version,
            is_going=is_going,
            may_move=viewer.person.role in SENIORS,
            **values,
        )

    @router.post("/replays/{replay_id}/cancel")
    def cancel(person: Senior, replay_id: Id) -> Response:
        stores.replays.cancel(stores.replays.replay(replay_id).id)
        return RedirectResponse(f"/replays/{replay_id}", status_code=303)

    @router.post("/policies/{digest}/propose")
    def propose(request: Request, person: Senior, viewer: Seeing, digest: Id, why: Why = "") -> Response:
        try:
            stores.policies.propose(None if digest == PACKAGED else digest, person, why)
        except PolicyMoveRefused as error:
            return moved(request, viewer, error)
        return RedirectResponse("/replays", status_code=303)

    @router.post("/policies/moves/{number}/{answer}")
    def answer(
        request: Request, person: Senior, viewer: Seeing, number: int, answer: Annotated[str, InPath(max_length=10)]
    ) -> Response:
        answers = {"approve": stores.policies.approve, "reject": stores.policies.reject}
        if answer not in answers:
            raise HTTPException(404, f"there is no answer {answer!r}; approve or reject")
        return _do(request, viewer, lambda: answers[answer](number, person))

    @router.post("/policies/back")
    def roll_back(request: Request, person: Senior, viewer: Seeing, why: Why = "") -> Response:
        return _do(request, viewer, lambda: stores.policies.roll_back(person, why))

    def _do(request: Request, viewer: Viewer, step: Callable[[], PolicyMove]) -> Response:
        try:
            step()
        except PolicyMoveRefused as error:
            return moved(request, viewer, error)
        stores.policies.bring_into_force(settings.data_dir)
        return RedirectResponse("/replays", status_code=303)

    return router


def _moment(day: str) -> datetime | None:
    """The day's beginning in China; None where none is given."""
    if not day:
        return None
    try:
        return datetime.fromisoformat(day).replace(tzinfo=CHINA_TIME)
    except ValueError as error:
        raise HTTPException(422, f"{day!r} is no day, such as 2026-11-24") from error


def _classes(desk: Desk) -> Mapping[str, tuple[str, str]]:
    return desk.glossary.classes

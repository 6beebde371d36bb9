"""Which case comes next for a person, and what they do with one that is not for them now: give, put off, leave."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field

from review.cases.duties import DutyStore, LeaveReason, PutOffReason
from review.cases.store import CaseStore
from review.server.api.schemas.findings import WireModel
from review.server.auth.guard import DECIDERS, allow, person_of
from review.server.pages.queue import QueueFilter, QueuePart, read_filter
from review.server.routers import new_router

Filter = Annotated[QueueFilter, Depends(read_filter)]
CaseId = Annotated[str, Path(min_length=1, max_length=64)]
Id = Annotated[str, Field(min_length=1, max_length=64)]


class NextIn(WireModel):
    """Which case is not meant: the one that is open."""

    without: Id | None = None


class NextOut(WireModel):
    """The case, the person's from now on; None: none is free."""

    case_id: str | None


class GiveIn(WireModel):
    """To whom; None: to nobody in particular any more."""

    person_id: Id | None = None


class PutOffIn(WireModel):
    """For how long, and why."""

    minutes: int
    reason: PutOffReason


class LeaveIn(WireModel):
    """Why."""

    reason: LeaveReason


def duties_router(cases: CaseStore, duties: DutyStore, queue: QueuePart) -> APIRouter:
    """The routes that the desk's scripts send to; each write carries the session's token."""
    router = new_router(include_in_schema=False, dependencies=[Depends(allow(*DECIDERS))])

    @router.post("/next")
    def claim_next(request: Request, shown: Filter, given: NextIn) -> NextOut:
        """Takes the best free case of what the filter shows."""
        person = person_of(request)
        case = cases.claim_next(queue.query(shown, person), person, without=given.without)
        return NextOut(case_id=None if case is None else case.id)

    @router.post("/cases/{case_id}/give", status_code=204)
    def give(request: Request, case_id: CaseId, given: GiveIn) -> Response:
        """Gives the case to one person, or to nobody in particular."""
        duties.give(case_id, given.person_id, person_of(request))
        return Response(status_code=204)

    @router.post("/cases/{case_id}/put-off", status_code=204)
    def put_off(request: Request, case_id: CaseId, given: PutOffIn) -> Response:
        """Puts the case aside for everybody, for a while."""
        duties.put_off(case_id, given.minutes, given.reason, person_of(request))
        return Response(status_code=204)

    @router.post("/cases/{case_id}/take-up", status_code=204)
    def take_up(request: Request, case_id: CaseId) -> Response:
        """Puts the case back into the queue before its time."""
        duties.take_up(case_id, person_of(request))
        return Response(status_code=204)

    @router.post("/cases/{case_id}/leave", status_code=204)
    def leave(request: Request, case_id: CaseId, given: LeaveIn) -> Response:
        """Leaves the case to others."""
        duties.leave(case_id, given.reason, person_of(request))
        return Response(status_code=204)

    return router

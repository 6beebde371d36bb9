"""Re-analyses for programs: order one over what is recorded, see how far it is and what differs, stop it."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi import Path as PathParameter

from review.reanalyses.types import Compared, Outcome, Reanalysis
from review.server.api.cursor import read_cursor, read_time_and_id, write_cursor
from review.server.api.ordering import Platform
from review.server.api.reanalysis_orders import place_reanalysis
from review.server.api.schemas.findings import finding_out
from review.server.api.schemas.reanalyses import (
    ComparedOut,
    ComparedPageOut,
    OutcomeCountsOut,
    PassportVersionOut,
    ReanalysesOut,
    ReanalysisIn,
    ReanalysisOut,
)
from review.server.api.streams import RequestKey
from review.server.api.unique_keys import unique_keys
from review.server.auth.api_keys import answers, key_or_person, write_answers
from review.server.auth.guard import EVERYBODY
from review.server.routers import new_router
from review.stores import Stores
from review.tenants.types import Caller, Scope

ReanalysisId = Annotated[
    str, PathParameter(pattern=r"^[0-9a-f-]{1,36}$", description="The re-analysis's `reanalysis_id`")
]
Reading = Annotated[Caller, Depends(key_or_person(Scope.BATCHES, *EVERYBODY))]
Writing = Annotated[Caller, Depends(key_or_person(Scope.BATCHES))]


def reanalyses_router(stores: Stores, data_dir: Path, platform: Platform) -> APIRouter:
    """The routes of re-analyses; `data_dir`: where recordings lie, as far as this machine has them."""
    router = new_router(tags=["reanalyses"])

    @router.post("/v1/reanalyses", status_code=201, responses=write_answers(), dependencies=[Depends(unique_keys)])
    def order_reanalysis(
        given: ReanalysisIn, caller: Writing, response: Response, key: RequestKey = None
    ) -> ReanalysisOut:
        """Orders that a recorded broadcast is analysed again by another model, policy or passport version.

        Where `model` is given, the recording is heard and seen anew; else its stored passages are judged anew. What is
        found is compared, by place, with what is stored. Findings, cases and events stay as they are. The same
        `Idempotency-Key` with the same order gives the re-analysis of the first time.
        """
        reanalysis_id, again = place_reanalysis(given, caller, stores, data_dir, platform, key)
        if again:
            response.headers["Idempotency-Replayed"] = "true"
        response.headers["Location"] = f"/v1/reanalyses/{reanalysis_id}"
        return _shown(stores.reanalyses.reanalysis(reanalysis_id))

    @router.get("/v1/reanalyses", responses=answers())
    def list_reanalyses(
        caller: Reading,
        stream_id: Annotated[str | None, Query(max_length=200, description="Of this broadcast alone")] = None,
        after: Annotated[str | None, Query(max_length=2000, description="`next_after` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=200, description="How many a page has")] = 50,
    ) -> ReanalysesOut:
        """Your re-analyses, the latest first, a page at a time."""
        place = read_time_and_id(after)
        found = stores.reanalyses.reanalyses(caller.sees, stream_id=stream_id, after=place, limit=limit + 1)
        page = found[:limit]
        last = write_cursor(page[-1].created_at_ms, page[-1].reanalysis_id) if len(found) > limit else None
        return ReanalysesOut(reanalyses=[_shown(one) for one in page], next_after=last)

    @router.get("/v1/reanalyses/{reanalysis_id}", responses=answers(404))
    def get_reanalysis(reanalysis_id: ReanalysisId, caller: Reading) -> ReanalysisOut:
        """How far the re-analysis is, and how many findings are kept, gone, new and changed."""
        return _shown(stores.reanalyses.reanalysis(reanalysis_id, caller.sees))

    @router.get("/v1/reanalyses/{reanalysis_id}/findings", responses=answers(404))
    def list_compared(
        reanalysis_id: ReanalysisId,
        caller: Reading,
        outcome: Annotated[Outcome | None, Query(description="Only what became this")] = None,
        after: Annotated[str | None, Query(max_length=2000, description="`next_after` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=500, description="How many a page has")] = 100,
    ) -> ComparedPageOut:
        """Each claim as it was found before and as it is found now, in order of time; kept for 90 days."""
        stores.reanalyses.reanalysis(reanalysis_id, caller.sees)
        place = read_cursor(after, int)
        start = -1 if place is None else int(place[0])
        found = stores.reanalyses.compared(reanalysis_id, outcome=outcome, after=start, limit=limit + 1)
        page = found[:limit]
        last = write_cursor(page[-1][0]) if len(found) > limit else None
        return ComparedPageOut(findings=[_compared(one) for _, one in page], next_after=last)

    @router.delete("/v1/reanalyses/{reanalysis_id}", responses=answers(404))
    def cancel_reanalysis(reanalysis_id: ReanalysisId, caller: Writing) -> ReanalysisOut:
        """Stops the re-analysis, whose findings are dropped; one that is over stays as it is."""
        stores.reanalyses.reanalysis(reanalysis_id, caller.sees)
        stores.reanalyses.cancel(reanalysis_id, caller.actor)
        return _shown(stores.reanalyses.reanalysis(reanalysis_id))

    return router


def _shown(one: Reanalysis) -> ReanalysisOut:
    names = ReanalysisOut.model_fields.keys() - {"passports", "counts"}
    return ReanalysisOut(
        passports=[PassportVersionOut(product_id=product, version=version) for product, version in one.passports],
        counts=OutcomeCountsOut(**asdict(one.counts)),
        **{name: getattr(one, name) for name in names},
    )


def _compared(one: Compared) -> ComparedOut:
    return ComparedOut(
        outcome=one.outcome,
        parts=["class" if part == "class_id" else part for part in one.parts],
        before=None if one.before is None else finding_out(one.before),
        after=None if one.after is None else finding_out(one.after),
    )

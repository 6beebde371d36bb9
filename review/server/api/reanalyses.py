"""Re-analyses for programs: order one over what is recorded, see how far it is and what differs, stop it."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi import Path as PathParameter

from review.api_errors import KeyReused, OrderRefused
from review.errors import UnknownStreamError
from review.passports.registry import UnknownPassport
from review.reanalyses.recording import is_recorded, kept_stretch
from review.reanalyses.types import Compared, NewReanalysis, Outcome, Reanalysis
from review.scheduling.orders import OrderKeyReused
from review.scheduling.status import OVER_STATES
from review.server.api.cursor import read_cursor, write_cursor
from review.server.api.ordering import Platform
from review.server.api.schemas.findings import finding_out
from review.server.api.schemas.reanalyses import (
    ComparedOut,
    ComparedPageOut,
    OutcomeCountsOut,
    PassportVersionIn,
    PassportVersionOut,
    ReanalysesOut,
    ReanalysisIn,
    ReanalysisOut,
)
from review.server.api.streams import RequestKey
from review.server.api.unique_keys import unique_keys
from review.server.auth.api_keys import answers, key_or_person, write_answers
from review.server.auth.guard import EVERYBODY
from review.store import Store
from review.streams.types import StreamRecord
from review.tenants.types import Caller, Scope

_MOST_NAMED = 8
ReanalysisId = Annotated[
    str, PathParameter(pattern=r"^[0-9a-f-]{1,36}$", description="The re-analysis's `reanalysis_id`")
]
Reading = Annotated[Caller, Depends(key_or_person(Scope.BATCHES, *EVERYBODY))]
Writing = Annotated[Caller, Depends(key_or_person(Scope.BATCHES))]


def reanalyses_router(store: Store, data_dir: Path, platform: Platform) -> APIRouter:
    """The routes of re-analyses; `data_dir`: where recordings lie, as far as this machine has them."""
    router = APIRouter(tags=["reanalyses"])

    @router.post("/v1/reanalyses", status_code=201, responses=write_answers(), dependencies=[Depends(unique_keys)])
    def order_reanalysis(
        given: ReanalysisIn, caller: Writing, response: Response, key: RequestKey = None
    ) -> ReanalysisOut:
        """Orders that a recorded broadcast is analysed again by another model, policy or passport version.

        Where `model` is given, the recording is heard and seen anew; else its stored passages are judged anew. What is
        found is compared, by place, with what is stored. Findings, cases and events stay as they are. The same
        `Idempotency-Key` with the same order gives the re-analysis of the first time.
        """
        stream = _recorded(given, caller, store, data_dir)
        if given.model is not None:
            _check_model(given.model, platform)
        policy = None if given.policy is None else platform.policies(given.policy)
        passports = _versions(given, stream, store)
        if given.model is None and policy is None and not passports:
            raise OrderRefused("model", "name a model, a policy or passports to analyse by", code="nothing_named")
        new = NewReanalysis(
            tenant_id=stream.tenant_id,
            stream_id=stream.stream_id,
            start_ms=given.start_ms,
            end_ms=given.end_ms,
            model=given.model,
            policy=policy,
            passports=passports,
            request_key=key,
            content_sha256=hashlib.sha256(
                json.dumps(given.model_dump(mode="json"), sort_keys=True).encode()
            ).hexdigest(),
        )
        try:
            reanalysis_id, again = store.reanalyses.place(new, caller.actor)
        except OrderKeyReused as error:
            raise KeyReused from error
        if again:
            response.headers["Idempotency-Replayed"] = "true"
        response.headers["Location"] = f"/v1/reanalyses/{reanalysis_id}"
        return _shown(store.reanalyses.reanalysis(reanalysis_id))

    @router.get("/v1/reanalyses", responses=answers())
    def list_reanalyses(
        caller: Reading,
        stream_id: Annotated[str | None, Query(max_length=200, description="Of this broadcast alone")] = None,
        after: Annotated[str | None, Query(max_length=2000, description="`next_after` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=200, description="How many a page has")] = 50,
    ) -> ReanalysesOut:
        """Your re-analyses, the latest first, a page at a time."""
        place = read_cursor(after, int, str)
        place_of = None if place is None else (int(place[0]), str(place[1]))
        found = store.reanalyses.reanalyses(caller.sees, stream_id=stream_id, after=place_of, limit=limit + 1)
        page = found[:limit]
        last = write_cursor(page[-1].created_at_ms, page[-1].reanalysis_id) if len(found) > limit else None
        return ReanalysesOut(reanalyses=[_shown(one) for one in page], next_after=last)

    @router.get("/v1/reanalyses/{reanalysis_id}", responses=answers(404))
    def get_reanalysis(reanalysis_id: ReanalysisId, caller: Reading) -> ReanalysisOut:
        """How far the re-analysis is, and how many findings are kept, gone, new and changed."""
        return _shown(store.reanalyses.reanalysis(reanalysis_id, caller.sees))

    @router.get("/v1/reanalyses/{reanalysis_id}/findings", responses=answers(404))
    def list_compared(
        reanalysis_id: ReanalysisId,
        caller: Reading,
        outcome: Annotated[Outcome | None, Query(description="Only what became this")] = None,
        after: Annotated[str | None, Query(max_length=2000, description="`next_after` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=500, description="How many a page has")] = 100,
    ) -> ComparedPageOut:
        """Each claim as it was found before and as it is found now, in order of time; kept for 90 days."""
        store.reanalyses.reanalysis(reanalysis_id, caller.sees)
        place = read_cursor(after, int)
        start = -1 if place is None else int(place[0])
        found = store.reanalyses.compared(reanalysis_id, outcome=outcome, after=start, limit=limit + 1)
        page = found[:limit]
        last = write_cursor(page[-1][0]) if len(found) > limit else None
        return ComparedPageOut(findings=[_compared(one) for _, one in page], next_after=last)

    @router.delete("/v1/reanalyses/{reanalysis_id}", responses=answers(404))
    def cancel_reanalysis(reanalysis_id: ReanalysisId, caller: Writing) -> ReanalysisOut:
        """Stops the re-analysis, whose findings are dropped; one that is over stays as it is."""
        store.reanalyses.reanalysis(reanalysis_id, caller.sees)
        store.reanalyses.cancel(reanalysis_id, caller.actor)
        return _shown(store.reanalyses.reanalysis(reanalysis_id))

    return router


def _recorded(given: ReanalysisIn, caller: Caller, store: Store, data_dir: Path) -> StreamRecord:
    """The broadcast; OrderRefused names the field by which nothing of it can be analysed."""
    try:
        store.tenancy.check_stream(caller, given.stream_id)
        ordered = store.orders.ordered(given.stream_id)
    except UnknownStreamError as error:
        why = "there is no such broadcast; it may have been deleted when its time of keeping was over"
        raise OrderRefused("stream_id", why, code="unknown_stream") from error
    if ordered.standing.state not in OVER_STATES:
        raise OrderRefused("stream_id", "is still on air; order it once it is over", code="on_air")
    span_ms = store.ledger(given.stream_id).span_ms
    if given.end_ms is not None and given.end_ms <= given.start_ms:
        raise OrderRefused("end_ms", "is not after start_ms", code="range")
    if given.start_ms >= span_ms:
        raise OrderRefused("start_ms", f"is not before its end, {span_ms} ms", code="range")
    recording = data_dir / "recordings" / given.stream_id
    # Where the folder is not on this machine, the worker says what it finds on its own.
    hears = given.model is not None and is_recorded(recording)
    if hears and not kept_stretch(recording, given.start_ms, given.end_ms).segments:
        why = "its recording was deleted when its time of keeping was over; without `model` its stored passages "
        raise OrderRefused("stream_id", f"{why}are judged anew", code="recording_deleted")
    return ordered.stream


def _check_model(model: str, platform: Platform) -> None:
    known = platform.recognisers()
    if model not in known:
        named = ", ".join(known[:_MOST_NAMED]) or "none"
        raise OrderRefused("model", f"{model!r}: there is none; it may be {named}", code="unknown_model")


def _versions(given: ReanalysisIn, stream: StreamRecord, store: Store) -> tuple[tuple[str, str], ...]:
    """Id and version of each passport that is named; OrderRefused names one that is not registered, or another's."""
    on_sale = {product.product_id for product in stream.products}
    found: dict[str, str] = {}
    for index, named in enumerate(given.passports):
        place = f"passports[{index}]"
        if named.product_id not in on_sale:
            raise OrderRefused(f"{place}.product_id", "was not on sale in this broadcast", code="unknown_product")
        if named.product_id in found:
            raise OrderRefused(f"{place}.product_id", "is named twice", code="named_twice")
        found[named.product_id] = _version(named, place, stream.tenant_id, store)
    return tuple(found.items())


def _version(named: PassportVersionIn, place: str, tenant_id: str, store: Store) -> str:
    try:
        if named.version is None:
            return store.passports.current(tenant_id, named.product_id).version
        return store.passports.version(tenant_id, named.product_id, named.version).version
    except UnknownPassport as error:
        field = "product_id" if named.version is None else "version"
        raise OrderRefused(f"{place}.{field}", "is not registered; register it", code="unknown_passport") from error


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

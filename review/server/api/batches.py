"""Batches of archives for programs: hand them in, see how far they are, stop them. A worker screens them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Path, Query, Response
from sqlalchemy import Connection

from net.guard import WEB_SCHEMES
from review.api_errors import KeyReused, OrderRefused
from review.audit.trail import Journal
from review.batches.store import BatchStore
from review.batches.types import Batch, BatchCounts, NewBatch
from review.db.tenant_ids import shown_host, stored_host
from review.passports.registry import StoredPassport, current_passports, put_passports, unknown_products
from review.scheduling.orders import OrderKeyReused, Products
from review.server.api.cursor import read_time_and_id, write_cursor
from review.server.api.ordering import Platform, check_address
from review.server.api.schemas.batches import ArchiveOut, BatchesOut, BatchFilesOut, BatchIn, BatchOut, ProgressOut
from review.server.api.streams import RequestKey
from review.server.api.unique_keys import unique_keys
from review.server.auth.api_keys import answers, key_or_person, write_answers
from review.server.auth.guard import EVERYBODY
from review.server.routers import new_router
from review.streams.rows import shown_source
from review.streams.types import ProductRef
from review.tenants.quotas import Quota, check_quota
from review.tenants.types import Caller, Scope

BatchId = Annotated[str, Path(pattern=r"^[0-9a-f-]{1,36}$", description="The batch's `batch_id`")]
Reading = Annotated[Caller, Depends(key_or_person(Scope.BATCHES, *EVERYBODY))]
Writing = Annotated[Caller, Depends(key_or_person(Scope.BATCHES))]


def batches_router(batches: BatchStore, platform: Platform) -> APIRouter:
    """The routes of batches."""
    router = new_router(tags=["batches"])

    @router.post("/v1/batches", status_code=201, responses=write_answers(409, 504), dependencies=[Depends(unique_keys)])
    def order_batch(given: BatchIn, caller: Writing, response: Response, key: RequestKey = None) -> BatchFilesOut:
        """Orders the screening of archives: recordings under http or https, each a file or an HLS playlist that ended.

        Every address is held to the same rule as a broadcast's. The same `Idempotency-Key` with the same batch gives
        the batch of the first time. Archives with the same content are screened once; one that can't be screened says
        why and stops no other.
        """
        _check_urls(given, platform)
        if not given.products and not given.passports:
            raise OrderRefused("products", "name what is on sale, or send its passports", code="no_product")
        moment = given.started_at or batches.now()
        new = NewBatch(
            tenant_id=caller.home,
            host_id=stored_host(caller.home, given.host.id),
            host_name=given.host.name or given.host.id,
            platform=given.host.platform or caller.home,
            started_at=moment.isoformat(),
            urls=given.urls,
            request_key=key,
            content_sha256=hashlib.sha256(
                json.dumps(given.model_dump(mode="json"), sort_keys=True).encode()
            ).hexdigest(),
        )
        try:
            batch_id, again = batches.place(new, _products_of(given, caller, platform), caller.actor)
        except OrderKeyReused as error:
            raise KeyReused from error
        if again:
            response.headers["Idempotency-Replayed"] = "true"
        response.headers["Location"] = f"/v1/batches/{batch_id}"
        return _shown_whole(batches, caller, batch_id)

    @router.get("/v1/batches", responses=answers())
    def list_batches(
        caller: Reading,
        after: Annotated[str | None, Query(max_length=2000, description="`next_after` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=200, description="How many a page has")] = 50,
    ) -> BatchesOut:
        """Your batches, the latest first, a page at a time, without their archives."""
        found = batches.batches(caller.sees, after=read_time_and_id(after), limit=limit + 1)
        page = found[:limit]
        last = write_cursor(page[-1][0].created_at_ms, page[-1][0].batch_id) if len(found) > limit else None
        return BatchesOut(batches=[_shown(caller, *each) for each in page], next_after=last)

    @router.get("/v1/batches/{batch_id}", responses=answers(404))
    def get_batch(batch_id: BatchId, caller: Reading) -> BatchFilesOut:
        """How far the batch is, and each of its archives, with the error of one that failed."""
        return _shown_whole(batches, caller, batch_id)

    @router.delete("/v1/batches/{batch_id}", responses=answers(404))
    def cancel_batch(batch_id: BatchId, caller: Writing) -> BatchFilesOut:
        """Stops the batch after the segment in work; what was found stays. Stopping twice is stopping once."""
        batches.batch(batch_id, caller.sees)
        batches.cancel(batch_id, caller.actor)
        return _shown_whole(batches, caller, batch_id)

    return router


def _check_urls(given: BatchIn, platform: Platform) -> None:
    """OrderRefused names the first address that is not allowed; each server's name is resolved once."""
    known: set[tuple[str, str]] = set()
    for index, url in enumerate(given.urls):
        try:
            parts = urlsplit(url)
            server = (parts.scheme.lower(), parts.netloc)
        except ValueError:
            server = ("", url)
        if server not in known or "@" in server[1]:
            check_address(url, f"urls[{index}]", WEB_SCHEMES, platform.net)
            known.add(server)


def _products_of(given: BatchIn, caller: Caller, platform: Platform) -> Products:
    """What the batch's transaction asks for its products: registers those sent along, finds the others."""
    sent = platform.reading.records(caller, given.passports)
    tenant_id = caller.home

    def find(connection: Connection, journal: Journal) -> list[tuple[ProductRef, str]]:
        check_quota(connection, tenant_id, Quota.BATCH_HOURS_DAY, journal.at_ms)
        kept = put_passports(connection, tenant_id, [one.as_version for one in sent], journal)
        known: Mapping[str, StoredPassport] = current_passports(connection, tenant_id, given.products)
        known = {**known, **{stored.product_id: stored for stored, _ in kept}}
        unknown_products(known, given.products)
        wanted = dict.fromkeys([*given.products, *(stored.product_id for stored, _ in kept)])
        return [(ProductRef(product_id=id_, name=id_), known[id_].version) for id_ in wanted]

    return find


def _shown_whole(batches: BatchStore, caller: Caller, batch_id: str) -> BatchFilesOut:
    batch = batches.batch(batch_id, caller.sees)
    files = [
        ArchiveOut.model_validate(asdict(archive) | {"url": shown_source(archive.url)}) for archive in batch.archives
    ]
    return BatchFilesOut(**_shown(caller, batch, batches.counts(batch_id)).model_dump(), files=files)


def _shown(caller: Caller, batch: Batch, counts: BatchCounts) -> BatchOut:
    return BatchOut(
        batch_id=batch.batch_id,
        state=batch.state,
        host_id=shown_host(caller.sees, batch.host_id),
        products=[product for product, _ in batch.products],
        started_at=batch.started_at,
        created_at_ms=batch.created_at_ms,
        progress=ProgressOut(**asdict(counts)),
        error=batch.error,
    )

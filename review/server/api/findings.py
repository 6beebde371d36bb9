"""The JSON interface, and the clips."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse

from claims.types import Disposition
from review.db.tenant_ids import stored_host
from review.errors import ClipMissingError
from review.evidence.files import KeptEvidence, beside
from review.evidence.peaks import load_peaks
from review.server.api.schemas.findings import AliveOut, FindingsOut, PeaksOut, ReadyOut, finding_out
from review.server.auth.api_keys import answers, key_or_person
from review.server.auth.guard import anybody
from review.server.problems import documented
from review.server.ranges import RangedFile
from review.server.routers import new_router
from review.stores import Stores
from review.stream_store.queries import StreamQueries
from review.streams.types import FindingQuery
from review.tenants.types import Caller, Scope

Reading = Annotated[Caller, Depends(key_or_person(Scope.FINDINGS_READ))]
Seeing = Annotated[Caller, Depends(key_or_person(Scope.EVIDENCE_READ))]
OPEN = [Depends(anybody)]
FindingId = Annotated[str, PathParameter(description="The finding's `finding_id`")]
_CLIP_ANSWERS = answers(400, 404, 416) | {
    200: {"description": "The whole clip", "content": {"video/mp4": {}}},
    206: {"description": "The range that was asked for", "content": {"video/mp4": {}}},
}


def find_clip(streams: StreamQueries, evidence: KeptEvidence, data_dir: Path, finding_id: str) -> Path:
    """The finding's clip on disk, brought back if it is gone; raises UnknownFindingError and ClipMissingError.

    The path comes from the database, never from the request, and must still lie in the data folder after links are
    followed.
    """
    clip = streams.finding(finding_id).finding.clip
    if clip is None:
        raise ClipMissingError(finding_id)
    evidence.restore(beside(clip))
    path = (data_dir / clip).resolve()
    if not path.is_relative_to(data_dir.resolve()) or not path.is_file():
        raise ClipMissingError(finding_id)
    return path


def api_router(stores: Stores, data_dir: Path) -> APIRouter:
    """The routes that programs use."""
    router = new_router()

    @router.get("/v1/findings", responses=answers())
    def list_findings(
        caller: Reading,
        after: Annotated[
            int, Query(ge=0, lt=1 << 63, description="`next_after` of the page before; 0 from the start")
        ] = 0,
        limit: Annotated[int, Query(ge=1, le=1000, description="How many a page has")] = 100,
        stream_id: Annotated[str | None, Query(description="Of this broadcast alone")] = None,
        host_id: Annotated[str | None, Query(description="Of this host alone")] = None,
        product_id: Annotated[str | None, Query(description="About this product alone")] = None,
        class_id: Annotated[str | None, Query(alias="class", description="Of this class of the taxonomy alone")] = None,
        disposition: Annotated[
            Disposition | None, Query(description="`flag`: for the queue; `note`: kept, and asks nobody's time")
        ] = None,
    ) -> FindingsOut:
        """Findings in the order in which they were found, a page at a time."""
        page = stores.streams.findings(
            FindingQuery(
                stream_id=stream_id,
                host_id=None if host_id is None else stored_host(caller.home, host_id),
                class_id=class_id,
                product_id=product_id,
                disposition=disposition,
                tenants=caller.tenants,
                after=after,
                limit=limit,
            )
        )
        return FindingsOut(
            findings=[finding_out(stored.finding) for stored in page.findings],
            next_after=page.next_after,
            more=page.more,
        )

    @router.get("/clips/{finding_id}.mp4", response_class=FileResponse, responses=_CLIP_ANSWERS)
    def get_clip(finding_id: FindingId, caller: Seeing) -> FileResponse:
        """The finding's clip; ranges are served."""
        stores.tenancy.check_finding(caller, finding_id)
        path = find_clip(stores.streams, stores.evidence, data_dir, finding_id)
        return RangedFile(path, media_type="video/mp4", headers={"Cache-Control": "private, no-cache"})

    @router.get("/clips/{finding_id}.peaks.json", responses=answers(404))
    def get_peaks(finding_id: FindingId, caller: Seeing) -> PeaksOut:
        """The loudness of the finding's clip, for drawing."""
        stores.tenancy.check_finding(caller, finding_id)
        peaks = load_peaks(find_clip(stores.streams, stores.evidence, data_dir, finding_id))
        return PeaksOut(duration_ms=peaks.duration_ms, peaks=list(peaks.peaks))

    @router.get("/healthz", dependencies=OPEN)
    def healthz() -> AliveOut:
        """The process is alive."""
        return AliveOut(status="ok")

    @router.get("/readyz", responses=documented(503), dependencies=OPEN)
    def readyz() -> ReadyOut:
        """The database answers; with the workers that are there, so that it shows whether orders will find room."""
        there = stores.overview.places()
        return ReadyOut(status="ok", workers=there.workers, places=there.places)

    return router

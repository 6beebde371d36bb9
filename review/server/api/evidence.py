"""Complaints, evidence packs, the blacklist and the public keys, for programs."""

import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, BackgroundTasks, Depends, Header, Response
from fastapi.responses import FileResponse
from pydantic import ConfigDict, Field
from starlette.background import BackgroundTask

from review.db.tenant_ids import stored_host
from review.enforcement.complaint_intake import Complaint
from review.evidence.clips import clip_of
from review.evidence.files import KeptEvidence
from review.evidence_packs.contents import gather
from review.evidence_packs.layout import zip_pack
from review.evidence_packs.pack import Maker, contents, write_pack
from review.presentation.glossary import Glossary
from review.server.api.schemas.findings import WireModel
from review.server.api.schemas.streams import Moment
from review.server.auth.api_keys import answers, key_or_person, write_answers
from review.server.auth.guard import anybody
from review.server.problems import documented
from review.server.ranges import RangedFile
from review.server.routers import new_router
from review.stores import Stores
from review.tenants.types import Caller, Scope

_ZIP: dict[int | str, dict[str, Any]] = {200: {"description": "The signed pack", "content": {"application/zip": {}}}}
_LONGEST_MS = 1 << 40


class ComplaintIn(WireModel):
    """What somebody complains of: the `stream`, or the `room` (the host's account) with `at` as a date and time."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {"room": "anchor-7", "at": "2026-11-24T20:31:05+08:00", "text": "说是两万毫安时，收到只有一万"}
            ]
        },
    )

    stream: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    room: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    at: Annotated[int, Field(ge=0, le=_LONGEST_MS)] | Moment = Field(
        description="Milliseconds on the stream clock, or the moment as ISO 8601 with its offset"
    )
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    product_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    who: Literal["viewer", "platform"] = "viewer"
    contact: Annotated[str, Field(max_length=200)] = ""


class ComplaintOut(WireModel):
    """The complaint's case and the receipt for its pack. The stretch is pinned, what is still to come among it;
    `kept_segments`: how many recorded pieces of it are there now, 0: the ring had let them go."""

    complaint_id: str
    case_id: str
    stream_id: str
    receipt: str
    receipt_until_ms: int = Field(description="Unix time")
    pack: str = Field(description="Where the pack can be had with nothing but the receipt that is in it")
    pinned_from_ms: int
    pinned_to_ms: int
    kept_segments: int


class KeyOut(WireModel):
    """A public key in base64; `retired_at_ms` null: it signs now."""

    key_id: str
    public_key: str
    made_at_ms: int
    retired_at_ms: int | None


class KeysOut(WireModel):
    """Every key that ever signed."""

    keys: list[KeyOut]


def evidence_router(stores: Stores, data_dir: FilePath, glossary: Glossary) -> APIRouter:
    """The routes of complaints and packs."""
    router = new_router()

    @router.post(
        "/v1/complaints",
        status_code=201,
        responses=write_answers(404, 409)
        | {200: {"model": ComplaintOut, "description": "The same complaint was filed before"}},
    )
    def file_complaint(
        caller: Annotated[Caller, Depends(key_or_person(Scope.COMPLAINTS_WRITE))],
        response: Response,
        later: BackgroundTasks,
        given: ComplaintIn,
        key: Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200)] = None,
    ) -> ComplaintOut:
        """Pins the moment, opens a case with priority (or presses the one that is there), and gives a receipt.

        The same key, or without one the same complaint, is filed once. 404: no such stream. 409: the key came with
        another complaint. 422: the moment was not recorded.
        """
        filed = stores.complaints.file(
            Complaint(
                stream_id=given.stream,
                room=None if given.room is None else stored_host(caller.home, given.room),
                at=given.at,
                text=given.text,
                who=given.who,
                product_id=given.product_id,
                contact=given.contact,
                request_key=key if key is None or caller.sees is None else f"{caller.sees}\0{key}",
                tenant_id=caller.sees,
            ),
            caller.actor,
        )
        if filed.again:
            response.status_code = 200
        later.add_task(_cut, stores, data_dir, filed.finding_id)
        return ComplaintOut(
            complaint_id=filed.complaint_id,
            case_id=filed.case_id,
            stream_id=filed.stream_id,
            receipt=filed.receipt,
            receipt_until_ms=filed.receipt_until_ms,
            pack=f"/v1/complaints/{filed.receipt}/pack",
            pinned_from_ms=filed.pinned_from_ms,
            pinned_to_ms=filed.pinned_to_ms,
            kept_segments=filed.kept_segments,
        )

    @router.get(
        "/v1/complaints/{receipt}/pack",
        response_class=FileResponse,
        responses=documented(400, 404, 416, 422, 503) | _ZIP,
        dependencies=[Depends(anybody)],
    )
    def get_complaint_pack(receipt: str) -> FileResponse:
        """The pack of the complaint with this receipt: its moment alone, without what people decided."""
        case_id, finding_id = stores.complaints.behind(receipt)
        return _pack(stores, data_dir, glossary, case_id, "complaint", only=finding_id)

    @router.get(
        "/v1/evidence/{case_id}",
        response_class=FileResponse,
        responses=answers(400, 404, 416) | _ZIP,
    )
    def get_pack(case_id: str, caller: Annotated[Caller, Depends(key_or_person(Scope.EVIDENCE_READ))]) -> FileResponse:
        """The signed pack of a case; `zhenyan evidence verify` checks it offline."""
        stores.tenancy.check_case(caller, case_id)
        return _pack(stores, data_dir, glossary, case_id, caller.person.name, actor=caller.actor)

    @router.get("/v1/keys", responses=documented(422, 503), dependencies=[Depends(anybody)])
    def get_keys() -> KeysOut:
        """The public keys by which packs and the exported blacklist are checked."""
        return KeysOut(keys=[KeyOut(**asdict(key)) for key in stores.enforcement.setup.keys.published()])

    @router.get("/v1/blacklist", responses=answers())
    def get_blacklist(caller: Annotated[Caller, Depends(key_or_person(Scope.HOSTS_READ))]) -> dict[str, Any]:
        """The entries that bind now as a signed document, good for a day; a key gets its customer's hosts."""
        return stores.enforcement.export_blacklist(
            caller.actor, lambda found: stores.tenancy.own_measures(caller.sees, found)
        )

    return router


def _cut(stores: Stores, data_dir: FilePath, finding_id: str) -> None:
    stored = stores.streams.finding(finding_id)
    if stored.finding.clip is None:
        clip_of(stores.evidence, stores.stream_writer, data_dir, stored)


def _pack(
    stores: Stores,
    data_dir: FilePath,
    glossary: Glossary,
    case_id: str,
    name: str,
    *,
    actor: str = "complaint",
    only: str | None = None,
) -> FileResponse:
    """The pack as a zip in a folder of its own, which goes once it was sent."""
    keys = stores.enforcement.setup.keys
    maker = Maker(name=name, at_ms=stores.enforcement.now_ms())
    dossier = gather(stores, data_dir, case_id, only=only)
    stores.audit.note(actor, "pack.made", f"case:{case_id}", host=dossier.case.host_id)
    folder = FilePath(tempfile.mkdtemp(prefix="zhenyan-pack-"))
    try:
        made = write_pack(
            contents(dossier, maker, glossary.classes, glossary.laws), folder / "pack", keys, maker, case_id
        )
        zipped = zip_pack(made, folder / "pack.zip")
        shutil.rmtree(made)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return RangedFile(
        zipped,
        media_type="application/zip",
        filename=f"zhenyan-{case_id}.zip",
        background=BackgroundTask(_after_sending, stores.evidence, case_id if only is None else None, zipped),
    )


def _after_sending(evidence: KeptEvidence, case_id: str | None, zipped: FilePath) -> None:
    """Keeps the pack of a case as it was given out, and removes its folder."""
    try:
        if case_id is not None:
            evidence.keep_pack(case_id, zipped)
    finally:
        shutil.rmtree(zipped.parent, ignore_errors=True)

"""What an order of a re-analysis means: which recording, by which model, policy and passports; or why none."""

import hashlib
import json
from pathlib import Path

from review.api_errors import KeyReused, OrderRefused
from review.errors import UnknownStreamError
from review.passports.registry import PassportStore, UnknownPassport
from review.reanalyses.recording import is_recorded, kept_stretch
from review.reanalyses.types import NewReanalysis
from review.scheduling.orders import OrderKeyReused
from review.scheduling.status import OVER_STATES
from review.server.api.ordering import Platform
from review.server.api.schemas.reanalyses import PassportVersionIn, ReanalysisIn
from review.stores import Stores
from review.streams.types import StreamRecord
from review.tenants.types import Caller

_MOST_NAMED = 8


def place_reanalysis(
    given: ReanalysisIn, caller: Caller, stores: Stores, data_dir: Path, platform: Platform, key: str | None = None
) -> tuple[str, bool]:
    """The id of the re-analysis, and whether it was ordered before by this key.

    OrderRefused names the field by which it can't be done; KeyReused: the key came with another order.
    """
    stream = _recorded(given, caller, stores, data_dir)
    if given.model is not None:
        _check_model(given.model, platform)
    policy = None if given.policy is None else platform.policies(given.policy)
    passports = _versions(given, stream, stores.passports)
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
        content_sha256=hashlib.sha256(json.dumps(given.model_dump(mode="json"), sort_keys=True).encode()).hexdigest(),
    )
    try:
        return stores.reanalyses.place(new, caller.actor)
    except OrderKeyReused as error:
        raise KeyReused from error


def _recorded(given: ReanalysisIn, caller: Caller, stores: Stores, data_dir: Path) -> StreamRecord:
    """The broadcast; OrderRefused names the field by which nothing of it can be analysed."""
    try:
        stores.tenancy.check_stream(caller, given.stream_id)
        ordered = stores.orders.ordered(given.stream_id)
    except UnknownStreamError as error:
        why = "there is no such broadcast; it may have been deleted when its time of keeping was over"
        raise OrderRefused("stream_id", why, code="unknown_stream") from error
    if ordered.status.state not in OVER_STATES:
        raise OrderRefused("stream_id", "is still on air; order it once it is over", code="on_air")
    span_ms = stores.streams.ledger(given.stream_id).span_ms
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


def _versions(given: ReanalysisIn, stream: StreamRecord, passports: PassportStore) -> tuple[tuple[str, str], ...]:
    """Id and version of each passport that is named; OrderRefused names one that is not registered, or another's."""
    on_sale = {product.product_id for product in stream.products}
    found: dict[str, str] = {}
    for index, named in enumerate(given.passports):
        place = f"passports[{index}]"
        if named.product_id not in on_sale:
            raise OrderRefused(f"{place}.product_id", "was not on sale in this broadcast", code="unknown_product")
        if named.product_id in found:
            raise OrderRefused(f"{place}.product_id", "is named twice", code="named_twice")
        found[named.product_id] = _version(named, place, stream.tenant_id, passports)
    return tuple(found.items())


def _version(named: PassportVersionIn, place: str, tenant_id: str, passports: PassportStore) -> str:
    try:
        if named.version is None:
            return passports.current(tenant_id, named.product_id).version
        return passports.version(tenant_id, named.product_id, named.version).version
    except UnknownPassport as error:
        field = "product_id" if named.version is None else "version"
        raise OrderRefused(f"{place}.{field}", "is not registered; register it", code="unknown_passport") from error

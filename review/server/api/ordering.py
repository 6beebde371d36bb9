"""What an order means: is its address allowed, which passports, how long, and what makes two requests the same."""

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from claims.passports.bounds import PassportBounds
from claims.passports.passport import Passport, warn_of_objections
from claims.passports.quantities import QuantityReader
from claims.suggestions import SuggestionBounds
from claims.tenant_words import WordTerms
from ingest.decode.depth import DepthPlan
from net.errors import RefusedAddress, UnreachableSource
from net.guard import SCHEMES, WEB_SCHEMES, NetPolicy, check_url, port_of, resolve
from review.api_errors import NotResolved, OrderRefused, PlatformError
from review.audit.trail import Journal
from review.db.tenant_ids import stored_host
from review.judge_pool.pool import JudgingPool
from review.passports.reading import PassportReading
from review.passports.records import Registered
from review.passports.registry import StoredPassport, current_passports, put_passports, unknown_products
from review.policies.choice import no_policies
from review.scheduling.depth_rules import DepthIn
from review.scheduling.orders import NewOrder, Products
from review.scheduling.types import Priority
from review.server.api.schemas.streams import OrderIn
from review.server.api.waiting_readers import MOST_WAITING
from review.streams.types import Host, ProductRef, StreamRecord
from review.tenants.quotas import Quota, check_quota
from review.tenants.types import Caller

_log = logging.getLogger(__name__)
_HOUR_MS = 3_600_000


class NotSetUp(PlatformError):
    """This server was started without a policy; the operator can act."""

    status = 503
    code = "not_set_up"

    def __init__(self) -> None:
        super().__init__("this server reads no passports: it was started without a policy")


def no_classes(_class_id: str) -> WordTerms | None:
    """None: this server was started without a policy."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What programs are held against. `reader` None: no passport can be read.

    `policies`: the reference of a policy that an order names; OrderRefused.
    `most_waiting`: how many streams and long polls of events a key may keep open. `rate_storage`: where rates are
    counted; empty: in each process for itself. `pool` and `bounds`: where passports that are sent are read, and how
    large one may be. `suggestions`: within what customers set their thresholds. `word_terms`:
    what a class means for the words of a customer; None: there is no such class. `recognisers`: the names of those that
    may hear a recording again. `stretch_days`: for how long stretches are kept.
    """

    reader: QuantityReader | None = None
    net: NetPolicy = field(default_factory=NetPolicy)
    policies: Callable[[str], str] = no_policies
    most_waiting: int = MOST_WAITING
    rate_storage: str = field(default="", repr=False)
    pool: JudgingPool | None = None
    bounds: PassportBounds = field(default_factory=PassportBounds)
    suggestions: SuggestionBounds = field(default_factory=SuggestionBounds)
    word_terms: Callable[[str], WordTerms | None] = no_classes
    recognisers: Callable[[], Sequence[str]] = tuple
    stretch_days: float = 7

    def quantity_reader(self) -> QuantityReader:
        """What reads passports; NotSetUp."""
        if self.reader is None:
            raise NotSetUp
        return self.reader

    @property
    def reading(self) -> PassportReading:
        """What reads the passports that are sent; NotSetUp where it is asked to."""
        return PassportReading(reader=self.quantity_reader, bounds=self.bounds, pool=self.pool)


def order_of(given: OrderIn, caller: Caller, key: str | None, platform: Platform, now: datetime) -> NewOrder:
    """The order as it can be placed; OrderRefused names the field and the rule that refused it."""
    check_address(given.url, "url", SCHEMES, platform.net)
    if given.callback is not None:
        check_address(given.callback.url, "callback.url", WEB_SCHEMES, platform.net)
    if not given.products and not given.passports:
        raise OrderRefused("products", "name what is on sale, or send its passports", code="no_product")
    host = given.host
    return NewOrder(
        stream=StreamRecord(
            stream_id="",
            source=given.url,
            host=Host(
                id=stored_host(caller.home, host.id), name=host.name or host.id, platform=host.platform or caller.home
            ),
            title=given.title or given.external_id or host.name or host.id,
            started_at=given.started_at or now,
            tenant_id=caller.home,
        ),
        url=given.url,
        priority=Priority[given.priority.upper()],
        policy=None if given.policy is None else platform.policies(given.policy),
        callback_url=None if given.callback is None else given.callback.url,
        external_id=given.external_id,
        max_ms=None if given.max_hours is None else max(1, round(given.max_hours * _HOUR_MS)),
        depth=None if given.depth is None else _plan_of(given.depth),
        request_key=key,
        content_sha256=content_of(given),
    )


def content_of(given: OrderIn) -> str:
    """The hash of what was asked for, however it was spelled."""
    # What was ordered before there were depths has the hash that it had.
    content = given.model_dump(mode="json", exclude={"depth"} if given.depth is None else None)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _plan_of(given: DepthIn) -> DepthPlan:
    """The plan; OrderRefused names what does not go together."""
    for place, why in given.faults():
        path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
        raise OrderRefused(f"depth{path}", why, code="hours" if place[-1] == "until" else "every_s")
    return given.plan()


def check_address(url: str, place: str, schemes: frozenset[str], net: NetPolicy) -> None:
    """OrderRefused, with one text for every address that is not allowed; the same check is made at each connection.

    NotResolved where the name service gives no answer: nothing is known of the address then.
    """
    try:
        parts = check_url(url, schemes)
        resolve(parts.hostname or "", port_of(parts), net, url=url)
    except RefusedAddress as error:
        why = _WHY.get(error.rule, "refused")
        raise OrderRefused(place, f"refused by the {error.rule} rule: {why}", code=f"url_{error.rule}") from error
    except UnreachableSource as error:
        raise NotResolved(place) from error


_WHY = {
    "scheme": "only http, https, rtmp, rtmps, rtsp, rtsps and srt are captured, and events go to http and https",
    "address": "only public internet addresses and media ports are allowed",
}


def products_of(given: OrderIn, sent: list[Registered], tenant_id: str, platform: Platform) -> Products:
    """What the order's transaction asks for its products: registers those sent along, finds the others."""

    def find(connection: Connection, journal: Journal) -> list[tuple[ProductRef, str]]:
        check_quota(connection, tenant_id, Quota.STREAMS, journal.at_ms)
        kept = put_passports(connection, tenant_id, [one.as_version for one in sent], journal)
        known: dict[str, StoredPassport] = current_passports(connection, tenant_id, given.products)
        known |= {stored.product_id: stored for stored, _ in kept}
        unknown_products(known, given.products)
        own = {one.passport.id: one.passport for one in sent}
        wanted = dict.fromkeys([*given.products, *own])
        passports = {id_: own.get(id_) or known[id_].passport(platform.quantity_reader()) for id_ in wanted}
        warn_of_objections(_log, f"an order of {tenant_id}", passports.values())
        return [(_reference(passport), known[id_].version) for id_, passport in passports.items()]

    return find


def _reference(passport: Passport) -> ProductRef:
    return ProductRef(product_id=passport.id, name=passport.name, category=passport.category)

"""The addresses that customers are told at: registered, checked, their secrets rotated, taken out."""

import difflib
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, func, select, update
from standardwebhooks import Webhook

from net.errors import RefusedAddress, SourceError, UnreachableSource
from net.guard import WEB_SCHEMES, NetPolicy, check_url, port_of, resolve
from review.api_errors import NotResolved
from review.audit.trail import Journal
from review.db.tables.stretches import StretchFollowerRow
from review.db.tables.webhooks import DeliveryRow, EndpointRow, EventFanRow
from review.db.upsert import insert_missing, table_of
from review.events.stretch_log import stretch_head
from review.events.types import KINDS, STRETCH, EndpointState, Target
from review.webhooks.errors import UnknownEndpointError, WebhookRefused, WebhookSettingError, refused_address
from review.webhooks.secrets import Sealer

SETTINGS = "settings"
_MOST = 20
_LONGEST_URL = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where the platform of this installation listens, as the settings say.

    WebhookSettingError for an address or a secret that can't be used.
    """

    url: str = field(repr=False)
    secret: str = field(repr=False)
    kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        try:
            check_url(self.url, WEB_SCHEMES)
        except SourceError as error:
            raise WebhookSettingError("webhook_url", "is no http or https address") from error
        try:
            Webhook(self.secret)
        except Exception as error:
            raise WebhookSettingError("webhook_secret", "is none: write whsec_ and the secret in base64") from error


def check_callback(url: str, net: NetPolicy, what: str = "url") -> None:
    """Returns if the address may be told as things are now; WebhookRefused says why not, NotResolved: ask again."""
    if len(url) > _LONGEST_URL:
        raise WebhookRefused(what, f"it is longer than {_LONGEST_URL} characters")
    try:
        parts = check_url(url, WEB_SCHEMES)
        resolve(parts.hostname or "", port_of(parts), net, url=url)
    except RefusedAddress as error:
        raise refused_address(what, error) from error
    except UnreachableSource as error:
        raise NotResolved(what) from error


def check_kinds(kinds: Sequence[str]) -> None:
    """Returns if there are events of each of these kinds or families (finding.*); WebhookRefused names the first."""
    families = {f"{kind.partition('.')[0]}.*" for kind in KINDS}
    for kind in kinds:
        if kind not in KINDS | families:
            near = difflib.get_close_matches(kind, KINDS, n=1)
            guess = f", did you mean {near[0]}?" if near else ";"
            known = ", ".join(sorted(KINDS | families))
            raise WebhookRefused("kinds", f"{kind!r} is no kind of event{guess} There are {known}", code="unknown_kind")


def secret_id_of(target: Target) -> str:
    """Which secret signs what is sent there; callbacks of a customer share one."""
    return callback_secret_id(target.tenant_id) if target.callback else target.id


def callback_secret_id(tenant_id: str) -> str:
    """The secret of a customer's callbacks."""
    return f"callbacks/{tenant_id}"


class Targets:
    """The addresses of all customers; every change goes into the trail. `tenant_id` None: the operator sees all."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], sealer: Sealer) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now
        self._sealer = sealer

    def add(self, tenant_id: str, url: str, kinds: Sequence[str], net: NetPolicy, actor: str) -> tuple[Target, str]:
        """The address, told of everything from now on, and its secret, shown this once; WebhookRefused."""
        check_kinds(kinds)
        check_callback(url, net)
        endpoint_id = f"wh_{secrets.token_hex(12)}"
        with self._step(actor) as (connection, journal):
            count = connection.scalar(
                select(func.count())
                .select_from(EndpointRow)
                .where(EndpointRow.tenant_id == tenant_id, EndpointRow.callback.is_(False))
            )
            if (count or 0) >= _MOST:
                raise WebhookRefused("url", f"there are {_MOST} addresses already; remove one first")
            add_target(connection, endpoint_id, tenant_id, url, journal.at_ms, kinds=kinds)
            if STRETCH in kinds:
                add_follower(connection, endpoint_id, tenant_id)
            secret = self._sealer.make(connection, endpoint_id, journal.at_ms)
            journal.note("webhook.added", f"webhook:{endpoint_id}", tenant=tenant_id)
        return self.of(endpoint_id, tenant_id), secret

    def listed(self, tenant_id: str | None, *, callbacks: bool = False) -> tuple[Target, ...]:
        """The addresses, the oldest first; `callbacks`: those that came with broadcasts, instead."""
        columns = table_of(EndpointRow).c
        statement = select(*columns).where(columns.callback.is_(callbacks))
        if tenant_id is not None:
            statement = statement.where(columns.tenant_id == tenant_id)
        with self._engine.connect() as connection:
            rows = connection.execute(statement.order_by(columns.created_at_ms, columns.endpoint_id).limit(1000))
            return tuple(target_of(row._mapping) for row in rows)

    def of(self, endpoint_id: str, tenant_id: str | None) -> Target:
        """One address; UnknownEndpointError, also for another customer's."""
        with self._engine.connect() as connection:
            return self._of(connection, endpoint_id, tenant_id)

    def remove(self, endpoint_id: str, tenant_id: str | None, actor: str) -> None:
        """Takes the address out, with what was still to be told there."""
        with self._step(actor) as (connection, journal):
            target = self._of(connection, endpoint_id, tenant_id)
            if target.id == SETTINGS:
                raise WebhookRefused("webhook settings", "it stands in the settings; take it out there")
            connection.execute(delete(DeliveryRow).where(DeliveryRow.endpoint_id == endpoint_id))
            connection.execute(delete(StretchFollowerRow).where(StretchFollowerRow.endpoint_id == endpoint_id))
            connection.execute(delete(EndpointRow).where(EndpointRow.endpoint_id == endpoint_id))
            if not target.callback:
                self._sealer.forget(connection, endpoint_id)
            journal.note("webhook.removed", f"webhook:{endpoint_id}", tenant=target.tenant_id)

    def rotate(self, endpoint_id: str, tenant_id: str | None, actor: str) -> str:
        """A new secret, shown this once; for a day messages carry a signature by each."""
        with self._step(actor) as (connection, journal):
            target = self._of(connection, endpoint_id, tenant_id)
            if target.id == SETTINGS:
                raise WebhookRefused("webhook settings", "its secret stands in the settings; change it there")
            secret = self._sealer.make(connection, secret_id_of(target), journal.at_ms)
            journal.note("webhook.rotated", f"webhook:{endpoint_id}", tenant=target.tenant_id)
            return secret

    def rotate_callbacks(self, tenant_id: str, actor: str) -> str:
        """A new secret of the customer's callbacks, shown this once; for a day they carry a signature by each."""
        with self._step(actor) as (connection, journal):
            secret = self._sealer.make(connection, callback_secret_id(tenant_id), journal.at_ms)
            journal.note("webhook.rotated", f"tenant:{tenant_id}", tenant=tenant_id)
            return secret

    def enable(self, endpoint_id: str, tenant_id: str | None, actor: str) -> Target:
        """The address is told again from now on; what it missed is had by `redeliver`, from `disabled_after`."""
        with self._step(actor) as (connection, journal):
            self._of(connection, endpoint_id, tenant_id)
            connection.execute(
                update(EndpointRow)
                .where(EndpointRow.endpoint_id == endpoint_id)
                .values(state=EndpointState.ACTIVE.value, why="", failures=0, paused_until_ms=0)
            )
            journal.note("webhook.enabled", f"webhook:{endpoint_id}")
        return self.of(endpoint_id, tenant_id)

    def _of(self, connection: Connection, endpoint_id: str, tenant_id: str | None) -> Target:
        columns = table_of(EndpointRow).c
        row = connection.execute(select(*columns).where(columns.endpoint_id == endpoint_id)).one_or_none()
        if row is None or (tenant_id is not None and row.tenant_id != tenant_id):
            raise UnknownEndpointError(endpoint_id)
        return target_of(row._mapping)

    @contextmanager
    def _step(self, actor: str) -> Iterator[tuple[Connection, Journal]]:
        journal = Journal(at_ms=int(self._now().timestamp() * 1000), actor=actor)
        with self._writing.begin() as connection:
            yield connection, journal
            journal.close(connection)


def add_target(
    connection: Connection,
    endpoint_id: str,
    tenant_id: str,
    url: str,
    now_ms: int,
    *,
    kinds: Sequence[str] = (),
    callback: bool = False,
) -> None:
    """Adds the address, unless it is there."""
    row = {
        "endpoint_id": endpoint_id,
        "tenant_id": tenant_id,
        "url": url,
        "kinds": list(kinds),
        "callback": callback,
        "state": EndpointState.ACTIVE.value,
        "why": "",
        "disabled_after": None,
        "failures": 0,
        "paused_until_ms": 0,
        "created_at_ms": now_ms,
    }
    insert_missing(connection, EndpointRow, [row])


def add_follower(connection: Connection, endpoint_id: str, tenant_id: str) -> None:
    """An address that asks for stretches by their name is told of each from now on."""
    row = {"endpoint_id": endpoint_id, "sequence": stretch_head(connection, tenant_id)}
    insert_missing(connection, StretchFollowerRow, [row | {"attempts": 0, "next_at_ms": 0, "last_error": ""}])


def disable_target(connection: Connection, target: Target, why: str) -> None:
    """Tells the address no more, and notes which event was the last that was to be told there."""
    fanned = select(EventFanRow.sequence).where(EventFanRow.tenant_id == target.tenant_id).scalar_subquery()
    connection.execute(
        update(EndpointRow)
        .where(EndpointRow.endpoint_id == target.id)
        .values(state=EndpointState.DISABLED.value, why=why, disabled_after=fanned)
    )


def target_of(row: object) -> Target:
    """The address in this row."""
    values = dict(row)  # type: ignore[call-overload]
    return Target(
        id=values.pop("endpoint_id"),
        state=EndpointState(values.pop("state")),
        kinds=tuple(values.pop("kinds")),
        **values,
    )

"""Tells the platform: each event once it is there, signed, again and again until it answers, or parked after days."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import httpx
from sqlalchemy import Connection, Engine, func, select, update
from standardwebhooks import Webhook

from ingest.backoff import backoff_s
from ingest.errors import IngestError
from ingest.guard import WEB_SCHEMES, NetPolicy, check_url
from ingest.http import HttpLimits, build_client, named_failures
from review.due.errors import UnknownDeliveryError, WebhookSettingError
from review.due.rows import measure_of
from review.due.store import DueStore
from review.due.tables import DeliveryRow, DueEventRow
from review.due.types import Event, Measure
from review.upsert import insert_missing, table_of

MOST_ATTEMPTS = 32
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 30.0, 6 * 3600.0
_LEASE_MS = 120_000
_BATCH = 50
_LIMITS = HttpLimits(connect_s=5.0, read_s=15.0, redirects=0)
_LONGEST_ERROR = 300
_WITH_NOTICE = frozenset({"measure.proposed", "measure.in_force"})


class DeliveryState(StrEnum):
    """How far the telling of an event is."""

    PENDING = "pending"
    DELIVERED = "delivered"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The telling of one event. `next_at_ms`: when it is tried next, while it is pending."""

    event_sequence: int
    state: DeliveryState
    attempts: int
    next_at_ms: int
    last_error: str
    delivered_at_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where the platform listens. `net` guards the address as capture's is guarded; `page_url`: this server as hosts
    reach it. WebhookSettingError for an address or a secret that can't be used."""

    url: str
    secret: str = field(repr=False)
    net: NetPolicy = field(default_factory=NetPolicy)
    page_url: str = ""

    def __post_init__(self) -> None:
        try:
            check_url(self.url, WEB_SCHEMES)
        except IngestError as error:
            raise WebhookSettingError("webhook_url", "is no http or https address") from error
        try:
            Webhook(self.secret)
        except Exception as error:
            raise WebhookSettingError("webhook_secret", "is none: write whsec_ and the secret in base64") from error


class Teller:
    """The outbox: any number of processes may work on it at once."""

    def __init__(
        self,
        engine: Engine,
        due: DueStore,
        endpoint: Endpoint,
        *,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`wall`: the clock that signatures are dated by, which the receiver compares with its own."""
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._due = due
        self._endpoint = endpoint
        self._wall = wall

    def tell(self) -> int:
        """Sends what is due; gives how many events were taken by the platform."""
        now_ms = self._due.now_ms()
        with self._writing.begin() as connection:
            _enqueue(connection, now_ms)
        with self._engine.connect() as connection:
            due = connection.execute(
                select(DeliveryRow.event_sequence, DeliveryRow.attempts)
                .where(DeliveryRow.state == DeliveryState.PENDING.value, DeliveryRow.next_at_ms <= now_ms)
                .order_by(DeliveryRow.event_sequence)
                .limit(_BATCH)
            ).all()
        if not due:
            return 0
        taken = 0
        with build_client(self._endpoint.net, _LIMITS) as client:
            for row in due:
                if self._lease(row.event_sequence, row.attempts, now_ms):
                    taken += self._send(client, row.event_sequence, row.attempts + 1, now_ms)
        return taken

    def _lease(self, sequence: int, attempts: int, now_ms: int) -> bool:
        """True if this process tries it now; false: another does."""
        with self._writing.begin() as connection:
            leased = connection.execute(
                update(DeliveryRow)
                .where(
                    DeliveryRow.event_sequence == sequence,
                    DeliveryRow.attempts == attempts,
                    DeliveryRow.state == DeliveryState.PENDING.value,
                )
                .values(attempts=attempts + 1, next_at_ms=now_ms + _LEASE_MS)
            )
            return leased.rowcount == 1

    def _send(self, client: httpx.Client, sequence: int, attempts: int, now_ms: int) -> bool:
        [event] = self._due.events(after=sequence - 1, limit=1)
        body = json.dumps(self._body(event), ensure_ascii=False, separators=(",", ":"))
        error = self._post(client, f"due-{sequence}", body)
        values: dict[str, object] = {
            "state": DeliveryState.DELIVERED.value,
            "last_error": "",
            "delivered_at_ms": now_ms,
        }
        if error:
            pause_ms = round(1000 * backoff_s(attempts - 1, first_s=_FIRST_PAUSE_S, cap_s=_LONGEST_PAUSE_S))
            parked = attempts >= MOST_ATTEMPTS
            values = {
                "state": (DeliveryState.PARKED if parked else DeliveryState.PENDING).value,
                "last_error": error[:_LONGEST_ERROR],
                "next_at_ms": now_ms + pause_ms,
            }
        with self._writing.begin() as connection:
            connection.execute(update(DeliveryRow).where(DeliveryRow.event_sequence == sequence).values(**values))
        return not error

    def _post(self, client: httpx.Client, message_id: str, body: str) -> str:
        """Why the platform did not take it; empty if it did."""
        at, url = self._wall(), self._endpoint.url
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(self._endpoint.secret).sign(message_id, at, body),
        }
        try:
            with (
                named_failures(url),
                client.stream("POST", url, content=body.encode(), headers=headers, follow_redirects=False) as answer,
            ):
                status = answer.status_code
        except IngestError as error:
            return str(error)
        return "" if 200 <= status < 300 else f"the platform answered {status}"

    def _body(self, event: Event) -> dict[str, object]:
        data: dict[str, object] = {
            "sequence": event.sequence,
            "host_id": event.host_id,
            "subject": event.subject,
            **event.body,
        }
        if event.kind in _WITH_NOTICE:
            with self._engine.connect() as connection:
                data |= self._notice(measure_of(connection, event.subject))
        moment = datetime.fromtimestamp(event.at_ms / 1000, UTC).isoformat(timespec="milliseconds")
        return {"type": event.kind, "timestamp": moment, "data": data}

    def _notice(self, measure: Measure) -> Mapping[str, object]:
        """The notice to hand on, and the host's page by a link of its own for each delivery."""
        token = self._due.issue_token(measure.id, "zhenyan")
        notice = measure.notice
        return {
            "page": f"{self._endpoint.page_url.rstrip('/')}/h/{token}",
            "notice": {
                "facts": notice.facts_zh,
                "reasons": notice.reasons_zh,
                "basis": list(notice.basis),
                "starts_at_ms": notice.starts_at_ms,
                "ends_at_ms": notice.ends_at_ms,
                "appeal": notice.appeal_zh,
            },
        }


def _enqueue(connection: Connection, now_ms: int) -> None:
    """A row for every event that has none."""
    last = connection.scalar(select(func.max(DeliveryRow.event_sequence))) or 0
    new = connection.scalars(
        select(DueEventRow.sequence).where(DueEventRow.sequence > last).order_by(DueEventRow.sequence)
    )
    insert_missing(
        connection,
        DeliveryRow,
        [
            {
                "event_sequence": sequence,
                "state": DeliveryState.PENDING.value,
                "attempts": 0,
                "next_at_ms": now_ms,
                "last_error": "",
                "delivered_at_ms": None,
            }
            for sequence in new
        ],
    )


class Deliveries:
    """What was told and what was not, for people and programs."""

    def __init__(self, engine: Engine, now_ms: Callable[[], int]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now_ms = now_ms

    def listed(self, state: DeliveryState | None = None, after: int = 0, limit: int = 100) -> tuple[Delivery, ...]:
        """Deliveries in the order of their events, after this number."""
        columns = table_of(DeliveryRow).c
        statement = select(*columns).where(columns.event_sequence > after).order_by(columns.event_sequence).limit(limit)
        if state is not None:
            statement = statement.where(columns.state == state.value)
        with self._engine.connect() as connection:
            rows = connection.execute(statement).all()
        return tuple(
            Delivery(state=DeliveryState(row.state), **{k: v for k, v in row._mapping.items() if k != "state"})
            for row in rows
        )

    def retry(self, sequence: int) -> None:
        """Takes a parked delivery up again; UnknownDeliveryError if it is not parked."""
        with self._writing.begin() as connection:
            again = connection.execute(
                update(DeliveryRow)
                .where(DeliveryRow.event_sequence == sequence, DeliveryRow.state == DeliveryState.PARKED.value)
                .values(state=DeliveryState.PENDING.value, attempts=0, next_at_ms=self._now_ms())
            )
            if again.rowcount == 0:
                raise UnknownDeliveryError(sequence)

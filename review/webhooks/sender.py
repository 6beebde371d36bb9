"""Sends what is due, address by address: a slow or dead one holds up no other."""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import httpx
from sqlalchemy import Connection, Engine

from net.guard import NetPolicy
from review.db.tenant_ids import LOCAL_TENANT
from review.events.log import events_of
from review.events.types import Event, Target
from review.webhooks.endpoints import SETTINGS, Endpoint, Targets, secret_id_of
from review.webhooks.errors import UnknownEndpointError
from review.webhooks.fan_out import ensure_settings, fan_out
from review.webhooks.http_post import Reply, open_client, post
from review.webhooks.retry_queue import Answer, Patience, due_counts, lease, settle
from review.webhooks.secrets import Sealer, Signing
from review.webhooks.stretch_following import send_stretches, waiting_followers

_log = logging.getLogger(__name__)
_EVERY_S = 0.5
# How long the sender, or one address, is left alone after what it should not have met: a database that is away, for
# instance, or a secret that can't be opened.
_AFTER_FAILURE_S = 10.0
_MOST_CLIENTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """How many threads send at once, how many of them to one address, and how many events each takes at a time."""

    threads: int = 48
    each: int = 4
    batch: int = 8


class Sender:
    """Tells every address what it should hear; any number of processes may do so at once.

    `failures` counts rounds and lanes that failed, by the database for instance; each is logged and tried again.
    """

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], datetime],
        sealer: Sealer,
        net: NetPolicy,
        *,
        own: Endpoint | None = None,
        more: Callable[[Event], Mapping[str, object]] = lambda _event: {},
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        patience: Patience | None = None,
        lanes: Lanes | None = None,
        observe: Callable[[Event, float, bool], None] = lambda _event, _seconds, _is_taken: None,
    ) -> None:
        """`own`: the address of the settings. `more`: what joins an event's data only when it is sent.

        `wall`: the clock that signatures are dated by, which the receiver compares with its own. `observe`: told of
        each message, how long its receiver took to answer, and whether it took it.
        """
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now
        self._sealer = sealer
        self._net = net
        self._own = own
        self._more = more
        self._wall = wall
        self._patience = patience or Patience()
        self._lanes = lanes or Lanes()
        self._observe = observe
        self._targets = Targets(engine, now, sealer)
        self._pool = ThreadPoolExecutor(self._lanes.threads, thread_name_prefix="webhooks")
        self._running: dict[str, list[Future[int]]] = {}
        self._left_alone: dict[str, float] = {}
        self._clients: dict[str, httpx.Client] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._settled_in = False
        self.failures = 0

    def send_pending(self) -> int:
        """Sends what is due now and waits for it; gives how many deliveries were taken."""
        lanes = self._round()
        wait(lanes)
        return sum(lane.result() for lane in lanes)

    def start(self) -> None:
        """Sends in the background until `close`."""
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends after the messages in hand."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=30)
        self._pool.shutdown(wait=True, cancel_futures=True)
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def _run(self) -> None:
        while not self._stop.is_set():
            pause_s = _EVERY_S
            try:
                self._round()
            except Exception:
                self.failures += 1
                pause_s = _AFTER_FAILURE_S
                _log.exception("webhooks: the round failed; it is tried again")
            self._stop.wait(pause_s)

    def _round(self) -> list[Future[int]]:
        """Starts lanes to the addresses that have something due and too few of them."""
        now_ms = self._now_ms()
        if self._own is not None and not self._settled_in:
            with self._writing.begin() as connection:
                ensure_settings(connection, LOCAL_TENANT, now_ms, self._own.kinds)
            self._settled_in = True
        fan_out(self._writing, self._sealer, now_ms)
        with self._engine.connect() as connection:
            due = due_counts(connection, now_ms)
        if self._own is None:
            due.pop(SETTINGS, None)
        started = self._follow(now_ms)
        for endpoint_id, (count, failing) in due.items():
            if self._left_alone.get(endpoint_id, 0.0) > time.monotonic():
                continue
            lanes = [lane for lane in self._running.get(endpoint_id, []) if not lane.done()]
            wanted = 1 if failing else min(self._lanes.each, -(-count // self._lanes.batch))
            new = [self._pool.submit(self._lane, endpoint_id) for _ in range(wanted - len(lanes))]
            self._running[endpoint_id] = lanes + new
            started += new
        self._close_idle()
        return started

    def _follow(self, now_ms: int) -> list[Future[int]]:
        """Starts one lane to each address that follows stretches and has some to be told."""
        started: list[Future[int]] = []
        for endpoint_id in waiting_followers(self._engine, now_ms):
            name = f"{endpoint_id} stretches"
            is_left_alone = self._left_alone.get(name, 0.0) > time.monotonic()
            if is_left_alone or any(not lane.done() for lane in self._running.get(name, [])):
                continue
            self._running[name] = [self._pool.submit(self._send_stretches, endpoint_id, name)]
            started += self._running[name]
        return started

    def _send_stretches(self, endpoint_id: str, name: str) -> int:
        """Tells one address of stretches until there are no more or one is not taken; gives how many were taken."""

        def some(target: Target) -> int | None:
            with self._engine.connect() as connection:
                signing = self._signing(connection, target, self._now_ms())
            send = partial(self._send, target, signing)
            return send_stretches(self._writing, target, send, self._now_ms, self._patience) or None

        return self._by_turns(endpoint_id, name, some, "webhooks: telling %s of stretches failed; it is tried again")

    def _by_turns(self, endpoint_id: str, name: str, some: Callable[[Target], int | None], failed: str) -> int:
        """How many one address took, told by `some` until it gives None, or nothing is due there or it rests."""
        taken = 0
        try:
            while not self._stop.is_set():
                target = self._targets.of(endpoint_id, None)
                if not target.is_due(self._now_ms()):
                    break
                now = some(target)
                if now is None:
                    break
                taken += now
        except UnknownEndpointError:
            pass  # it was taken out meanwhile
        except Exception:
            self.failures += 1
            self._left_alone[name] = time.monotonic() + _AFTER_FAILURE_S
            _log.exception(failed, endpoint_id)
        return taken

    def _send(self, target: Target, signing: Signing, event: Event) -> Reply:
        url = self._own.url if target.id == SETTINGS and self._own is not None else target.url
        body = json.dumps(event.to_json(self._more(event)), ensure_ascii=False, separators=(",", ":"))
        start_s = time.monotonic()
        reply = post(self._client(target.id), url, event.id, body, signing, self._wall(), self._patience.answer_s)
        self._observe(event, time.monotonic() - start_s, not reply.error)
        return reply

    def _close_idle(self) -> None:
        """Forgets addresses that nothing is sent to, and closes their connections once there are many."""
        self._running = {
            endpoint_id: lanes for endpoint_id, lanes in self._running.items() if not all(lane.done() for lane in lanes)
        }
        if len(self._clients) > _MOST_CLIENTS:
            busy = {name.partition(" ")[0] for name in self._running}
            for endpoint_id in self._clients.keys() - busy:
                self._clients.pop(endpoint_id).close()

    def _lane(self, endpoint_id: str) -> int:
        """Sends to one address until nothing is due there or it rests; gives how many were taken."""

        def some(target: Target) -> int | None:
            answers = self._batch(target)
            return sum(answer.taken for answer in answers) if answers else None

        return self._by_turns(
            endpoint_id, endpoint_id, some, "webhooks: sending to %s failed; what was in hand is tried again"
        )

    def _batch(self, target: Target) -> list[Answer]:
        now_ms = self._now_ms()
        with self._writing.begin() as connection:
            batch = lease(connection, target.id, now_ms, self._patience.lease_ms, self._lanes.batch)
        if not batch:
            return []
        with self._engine.connect() as connection:
            signing = self._signing(connection, target, now_ms)
            events = events_of(connection, target.tenant_id, [leased.sequence for leased in batch])
        answers: list[Answer] = []
        down = False
        for leased in batch:
            if down or self._stop.is_set():
                answers.append(Answer(leased=leased))
                continue
            reply = self._send(target, signing, events[leased.sequence])
            answers.append(Answer(leased=leased, reply=reply))
            down = reply.gone or reply.slow or bool(reply.wait_s)
        with self._writing.begin() as connection:
            settle(connection, target, answers, self._now_ms(), self._patience)
        return answers

    def _signing(self, connection: Connection, target: Target, now_ms: int) -> Signing:
        if target.id == SETTINGS and self._own is not None:
            return Signing(secrets=(self._own.secret,))
        return self._sealer.signing(connection, secret_id_of(target), now_ms)

    def _client(self, endpoint_id: str) -> httpx.Client:
        with self._lock:
            if endpoint_id not in self._clients:
                self._clients[endpoint_id] = open_client(self._net, self._patience.answer_s)
            return self._clients[endpoint_id]

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)

"""How long answers and webhooks take, for /metrics: counted in this process, by route and outcome."""

import time

from prometheus_client import CollectorRegistry, Histogram
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from review.events.types import Event
from review.scheduling.latencies import BOUNDS_S
from review.tenants.types import Caller
from review.tenants.usage import UsageRecorder

_QUICK_S = (0.005, 0.01, 0.025, *BOUNDS_S)
_DELAYS_S = (*BOUNDS_S, 300.0, 3_600.0)


class Latencies:
    """The histograms of one serving process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._http = Histogram(
            "zhenyan_http_seconds",
            "How long requests took until the last byte of the answer, streams of events left out.",
            ["method", "route", "status"],
            buckets=_QUICK_S,
            registry=self.registry,
        )
        self._webhooks = Histogram(
            "zhenyan_webhook_seconds",
            "How long receivers took to answer a webhook.",
            ["outcome"],
            buckets=BOUNDS_S,
            registry=self.registry,
        )
        self._delays = Histogram(
            "zhenyan_webhook_delay_seconds",
            "How long after an event was stored its receiver had taken it.",
            ["kind"],
            buckets=_DELAYS_S,
            registry=self.registry,
        )

    def note_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Takes one more request; `route` is a route's pattern, never an address with ids in it."""
        self._http.labels(method, route, f"{status // 100}xx").observe(seconds)

    def note_webhook(self, event: Event, seconds: float, now_ms: int, *, is_taken: bool) -> None:
        """Takes one more message to a receiver."""
        self._webhooks.labels("taken" if is_taken else "refused").observe(seconds)
        if is_taken:
            self._delays.labels(event.kind).observe(max(0.0, (now_ms - event.at_ms) / 1000))


class TimedRequests:
    """Measures each request by the route that answered it, and counts it for its key."""

    def __init__(self, app: ASGIApp, latencies: Latencies, usage: UsageRecorder) -> None:
        self._app = app
        self._latencies = latencies
        self._usage = usage

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, and notes how long it took unless it is a stream that never ends."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start_s = time.monotonic()
        status, is_stream = 500, False

        async def watched(message: Message) -> None:
            nonlocal status, is_stream
            if message["type"] == "http.response.start":
                status = message["status"]
                is_stream = any(
                    name == b"content-type" and value.startswith(b"text/event-stream")
                    for name, value in message.get("headers", ())
                )
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            if not is_stream:
                # Who asks for what is not there must not make a row of figures for each address.
                route = getattr(scope.get("route"), "path", "none")
                self._latencies.note_request(scope["method"], route, status, time.monotonic() - start_s)
            caller = scope.get("state", {}).get("caller")
            if isinstance(caller, Caller) and caller.key_id and self._usage.note(caller.key_id, status):
                await run_in_threadpool(self._usage.write)

"""A finding's trace in a real collector's protocol: one trace, whichever process sends its parts."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from claims.types import Finding
from cluster.live.load import Steps
from net.guard import NetPolicy
from review.stores import Stores
from review.tracing import Step, Tracing, open_tracing, trace_id_of
from review.webhooks.tracing import trace_webhook
from tests.review.webhooks.receiver import Receiver

LOOPBACK = NetPolicy.parse(("127.0.0.1",))


class Collector:
    """Spans as they came: (service, trace, span, parent, name)."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.spans: list[dict[str, Any]] = []

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            service = {each.key: each.value.string_value for each in resource.resource.attributes}["service.name"]
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.append(
                        {
                            "service": service,
                            "trace": span.trace_id.hex(),
                            "id": span.span_id.hex(),
                            "parent": span.parent_span_id.hex(),
                            "name": span.name,
                            "ms": (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6,
                        }
                    )


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(collector.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Stays quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    collector.url = f"http://127.0.0.1:{server.server_port}/v1/traces"
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


def test_a_finding_is_one_trace_from_segment_to_webhook(
    told: Stores, receiver: Receiver, make_finding: Callable[..., Finding]
) -> None:
    with collecting() as collector:
        worker, serve = Tracing(collector.url, "zhenyan-worker"), Tracing(collector.url, "zhenyan-serve")
        steps = Steps(1_000)
        steps.note("waiting")
        for name in ("decode", "asr", "judge"):
            with steps.doing(name):
                pass
        worker.trace_finding("f1", steps.taken, stream_id="a1", sequence=3)
        worker.close()

        target, _ = told.webhooks.add("acme", receiver.url, [], LOOPBACK, "test")
        told.stream_writer.add_findings([make_finding(finding_id="f1", stream_id="a1")])
        seen: list[str] = []

        def observe(event: Any, seconds: float, is_taken: bool) -> None:
            if event.kind == "finding.created":
                seen.append(event.subject)
                trace_webhook(serve, event, seconds, event.at_ms + 250 + seconds * 1000, is_taken=is_taken)

        sender = told.sender(LOOPBACK, observe=observe)
        sender.send_pending()
        sender.close()
        serve.close()
        assert seen == ["f1"]
        assert target.id

    spans = collector.spans
    assert {span["trace"] for span in spans} == {trace_id_of("f1")}
    (root,) = [span for span in spans if span["name"] == "finding"]
    assert root["parent"] == ""
    assert {span["parent"] for span in spans if span is not root} == {root["id"]}
    by_service = {(span["service"], span["name"]) for span in spans}
    assert by_service == {
        *(("zhenyan-worker", name) for name in ("finding", "waiting", "decode", "asr", "judge")),
        *(("zhenyan-serve", name) for name in ("outbox", "webhook")),
    }
    assert [round(span["ms"]) for span in spans if span["name"] == "outbox"] == [250]


def test_two_findings_are_two_traces() -> None:
    with collecting() as collector:
        tracing = Tracing(collector.url, "zhenyan-worker")
        for name in ("f1", "f2"):
            tracing.trace_finding(name, [Step(name="decode", start_ms=1_000, end_ms=2_000)])
        tracing.close()
    assert len({span["trace"] for span in collector.spans}) == 2
    assert len({span["id"] for span in collector.spans}) == 4


def test_nothing_is_traced_without_an_address() -> None:
    assert open_tracing("", "zhenyan-serve") is None

"""One trace for each finding, from its segment to its webhook: its ids follow from the finding, in any process.

Needs the extra `tracing`; without an address nothing is traced and nothing is imported.
"""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from review.errors import TracingUnavailable

if TYPE_CHECKING:
    from opentelemetry.trace import Span

_NS = 1_000_000
_EVERY_MS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that was done for a finding, from when to when (Unix time)."""

    name: str
    start_ms: float
    end_ms: float
    attributes: Mapping[str, str | int] | None = None


def trace_id_of(finding_id: str) -> str:
    """The id of the finding's trace as collectors and logs show it."""
    return f"{_ids(finding_id)[0]:032x}"


class Tracing:
    """Sends spans to a collector (OTLP over HTTP) in the background; where it does not answer, spans are lost."""

    def __init__(self, url: str, service: str) -> None:
        """TracingUnavailable where the extra is not installed."""
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
            from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
        except ModuleNotFoundError as error:
            raise TracingUnavailable(error.name or "opentelemetry") from error

        given = threading.local()

        class _Given(RandomIdGenerator):
            """The ids that a finding's root has; any other span's are drawn."""

            def generate_trace_id(self) -> int:
                trace_id: int | None = getattr(given, "trace_id", None)
                return super().generate_trace_id() if trace_id is None else trace_id

            def generate_span_id(self) -> int:
                span_id: int | None = getattr(given, "span_id", None)
                return super().generate_span_id() if span_id is None else span_id

        self._given = given
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": service}), id_generator=_Given(), shutdown_on_exit=False
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(OTLPSpanExporter(endpoint=url), schedule_delay_millis=_EVERY_MS)
        )
        self._tracer = self._provider.get_tracer("zhenyan")

    def trace_finding(self, finding_id: str, steps: Sequence[Step], **attributes: str | int) -> None:
        """The root of the finding's trace, over all steps, and the steps in it."""
        from opentelemetry.context import Context

        trace_id, span_id = _ids(finding_id)
        self._given.trace_id, self._given.span_id = trace_id, span_id
        try:
            root = self._tracer.start_span(
                "finding",
                context=Context(),
                start_time=round(min(step.start_ms for step in steps) * _NS),
                attributes={"finding_id": finding_id, **attributes},
            )
        finally:
            self._given.trace_id = self._given.span_id = None
        root.end(round(max(step.end_ms for step in steps) * _NS))
        self.add_steps(finding_id, steps)

    def add_steps(self, finding_id: str, steps: Sequence[Step]) -> None:
        """Further steps of the finding's trace, which another process may have begun."""
        context = self._within(finding_id)
        for step in steps:
            span: Span = self._tracer.start_span(
                step.name,
                context=context,
                start_time=round(step.start_ms * _NS),
                attributes=dict(step.attributes or {}),
            )
            span.end(round(max(step.start_ms, step.end_ms) * _NS))

    def close(self) -> None:
        """Sends what is left, for a few seconds at most."""
        self._provider.force_flush(5_000)
        self._provider.shutdown()

    @staticmethod
    def _within(finding_id: str) -> Any:
        from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

        trace_id, span_id = _ids(finding_id)
        parent = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
        return set_span_in_context(NonRecordingSpan(parent))


def open_tracing(url: str, service: str) -> Tracing | None:
    """What sends traces to this address; None for none."""
    return Tracing(url, service) if url else None


def _ids(finding_id: str) -> tuple[int, int]:
    """The ids of the finding's trace and of its root; never 0, which is no id."""
    digest = hashlib.sha256(f"zhenyan finding {finding_id}".encode()).digest()
    return int.from_bytes(digest[:16]) | 1, int.from_bytes(digest[16:24]) | 1

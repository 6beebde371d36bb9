"""The last part of a finding's trace: how long it waited to be sent, and its way to a receiver."""

import logging

from review.events.types import Event
from review.tracing import Step, Tracing, trace_id_of

_log = logging.getLogger(__name__)


def trace_webhook(tracing: Tracing | None, event: Event, seconds: float, now_ms: float, *, is_taken: bool) -> None:
    """Adds a message that was just sent to the trace of the finding that it tells of, and logs it under its id."""
    outcome = "taken" if is_taken else "refused"
    sent_ms = now_ms - seconds * 1000
    logged = {"event": event.id, "stream_id": event.stream_id, "trace_id": trace_id_of(event.subject)}
    _log.info("webhook of %s %s", event.subject, outcome, extra=logged)
    if tracing is not None:
        steps = [
            Step(name="outbox", start_ms=event.at_ms, end_ms=max(event.at_ms, sent_ms)),
            Step(name="webhook", start_ms=sent_ms, end_ms=now_ms, attributes={"outcome": outcome, "event": event.id}),
        ]
        tracing.add_steps(event.subject, steps)

"""Records one stream for a parent: a job on standard input, a line on standard output for each closed segment."""

import json
import os
import select
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingest.capture.capture import capture
from ingest.capture.sources import CaptureLimits
from ingest.sandbox.child import enter_sandbox, leave_alone_what_is_there
from ingest.sandbox.protocol import segment_row, to_line
from ingest.types import EndPolicy, EndReason, RetentionLimits, Trouble
from net.errors import SourceError
from net.guard import NetPolicy
from net.http import HttpLimits

_SIGN_OF_LIFE_S = 1.0


def record(renew: Callable[[], None], collect: Callable[[], object]) -> None:
    """Captures until the broadcast ends or the parent closes standard input; the last line says how it ended.

    `renew` renews this process's CPU time, `collect` frees what a segment left in circles.
    """
    # Libraries that print must not get between the lines.
    answers = os.dup(1)
    os.dup2(2, 1)
    job = json.loads(sys.stdin.buffer.readline())

    def send(message: dict[str, Any]) -> None:
        line = to_line(message)
        while line:
            line = line[os.write(answers, line) :]

    reasons: list[EndReason] = []
    reported = _Once(lambda trouble: send({"trouble": asdict(trouble)}))
    try:
        for segment in capture(
            job["source"],
            stream_id=job["stream_id"],
            folder=Path(job["folder"]),
            policy=NetPolicy.parse(job["allow_net"], Path(job["trust"]) if job["trust"] else None),
            stop=_stop_with_heartbeats(send),
            now_ms=lambda: time.time_ns() // 1_000_000,
            max_ms=job["max_ms"],
            limits=_limits(job["limits"]) if job["limits"] else None,
            end=EndPolicy(**job["end"]) if job["end"] else None,
            retention=RetentionLimits(**job["retention"]) if job["retention"] else None,
            on_end=reasons.append,
            on_trouble=reported.send,
        ):
            renew()
            reported.forget()
            send({"segment": segment_row(segment)})
            collect()
    except SourceError as error:
        send({"error": str(error), "exit_code": error.exit_code})
    else:
        send({"end": reasons[-1].value if reasons else EndReason.STOPPED.value})


class _Once:
    """Tells a trouble when it is another than the one before; a segment ends it."""

    def __init__(self, send: Callable[[Trouble], None]) -> None:
        self._send = send
        self._last: Trouble | None = None

    def send(self, trouble: Trouble) -> None:
        """Tells it, unless that was the last word."""
        if trouble != self._last:
            self._last = trouble
            self._send(trouble)

    def forget(self) -> None:
        """The same trouble is a new one from now on."""
        self._last = None


def _limits(given: dict[str, Any]) -> CaptureLimits:
    return CaptureLimits(**(given | {"http": HttpLimits(**given["http"])}))


def _stop_with_heartbeats(send: Callable[[dict[str, Any]], None]) -> Callable[[], bool]:
    """Whether the parent has closed standard input; asked often, it tells the parent that this process goes on."""
    last_s = time.monotonic()

    def stop() -> bool:
        nonlocal last_s
        if time.monotonic() - last_s >= _SIGN_OF_LIFE_S:
            last_s = time.monotonic()
            send({"alive": True})
        return bool(select.select([0], [], [], 0)[0])

    return stop


if __name__ == "__main__":
    record(enter_sandbox(), leave_alone_what_is_there())

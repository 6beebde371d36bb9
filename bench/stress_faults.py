"""What breaks in the middle of simulated broadcasts: the faults of a soak, one after the other, on many workers."""

import math
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ray.exceptions import RayError
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError

from bench.soak_faults import Stage, kill_process, worker_pids
from bench.soak_plan import Fault, FaultKind

_CUT_S = 4.0
_RECOVERS_S = 60.0
_JUMP_S = 5.0
_JUMP_MS = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaks:
    """Kills a third of the workers and the dispatcher, cuts the database off, lets a worker's clock jump on and back.

    A file is never cut off: with SQLite whoever writes waits instead, as the others do after the cut.
    """

    url: str
    folder: Path

    def strike(self) -> None:
        """All of it, in some twenty seconds."""
        stage = Stage(url=self.url, folder=self.folder)
        there = sorted(worker_pids().items())
        for _, pid in there[: math.ceil(len(there) / 3)]:
            kill_process(pid)
        self._lasting(stage, FaultKind.DISPATCHER_KILLED, 2.0)
        if FaultKind.DATABASE_GONE in stage.kinds:
            self._lasting(stage, FaultKind.DATABASE_GONE, 1.0)
            self._wait_for_database()
        self._lasting(stage, FaultKind.DATABASE_SLOW, _CUT_S)
        for shift_ms in (_JUMP_MS, -_JUMP_MS):
            self._lasting(stage, FaultKind.CLOCK_JUMPS, _JUMP_S, whom=0.99, shift_ms=shift_ms)

    def _lasting(self, stage: Stage, kind: FaultKind, seconds: float, whom: float = 0.9, shift_ms: int = 0) -> None:
        fault = Fault(kind=kind, at_s=0.0, lasts_s=seconds, whom=whom, shift_ms=shift_ms)
        with suppress(RayError):
            lift = stage.strike(fault)
            time.sleep(seconds)
            lift()

    def _wait_for_database(self) -> None:
        """Until it has recovered; what is struck then strikes a database that answers."""
        engine = create_engine(self.url)
        until_s = time.monotonic() + _RECOVERS_S
        while True:
            try:
                with engine.connect():
                    break
            except SQLAlchemyError:
                if time.monotonic() > until_s:
                    raise
                time.sleep(0.2)
        engine.dispose()

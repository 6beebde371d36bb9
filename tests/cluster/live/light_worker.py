"""A worker as a process of its own, without Ray and without models: a real shard, which decides and records by itself.

What is said and shown is not looked at; capture, decoding, judging, storing and leases are those of the service.
"""

import sys
import threading
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any

from bench.live_material import service_config
from cluster.live.remote_stages import RemoteStages, checked
from cluster.live.shard import Shard
from cluster.live.types import ReadScreen
from cluster.ray.actors import make_judge
from cluster.scheduler.reconciler import Reconciler
from ingest.types import EndPolicy
from review.scheduling.lease_terms import LeaseTerms
from review.stores import Stores
from review.stretches.types import StretchTerms

_NOTHING = ReadScreen(passages=[], marks=())


class _Deaf:
    """Hears nothing."""

    def name(self) -> str:
        return "none"

    def recognise(self, cuts: object) -> list[object]:
        return []


class _Blind:
    """Reads nothing."""

    def open(self, *_: object) -> str:
        return "none"

    def read(self, *_: object) -> ReadScreen:
        return _NOTHING

    def finish(self, *_: object) -> ReadScreen:
        return _NOTHING

    def save(self, *_: object) -> bytes:
        return b""

    def let_go(self, *_: object) -> None:
        return None


class _Near:
    def __init__(self, pool: object) -> None:
        self._pool = pool

    def ask(self, method: str, *args: object) -> "_Near._Answer":
        answer: Future[Any] = Future()
        answer.set_result(getattr(self._pool, method)(*args))
        return self._Answer(answer)

    class _Answer:
        def __init__(self, answer: Future[Any]) -> None:
            self._answer = answer

        def get(self) -> Any:
            return checked(self._answer.result())

        def wait(self, seconds: float) -> bool:
            return not wait([self._answer], seconds).not_done


def main(database_url: str, folder: str, worker_id: str, stretch_ms: str = "30000") -> None:
    """Works until it is killed."""
    stretches = StretchTerms(length_ms=int(stretch_ms), no_speech_ms=6_000)
    config = service_config(
        Path(folder), database_url, job={"end": EndPolicy(start_s=0, away_s=60), "stretches": stretches}
    )
    remote = RemoteStages(_Near(_Deaf()), _Near(_Blind()), _Near(make_judge(database_url)))
    shard = Shard(config, worker_id=worker_id, node="here:1", most=3, remote_stages_of=lambda stream_id: remote)
    deciding = Reconciler(lambda: Stores.open(database_url).leases, LeaseTerms())
    while True:
        shard.tick()
        deciding.tick()
        threading.Event().wait(1.0)


if __name__ == "__main__":
    main(*sys.argv[1:])

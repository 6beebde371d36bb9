"""Pools and judges as actors seen from a shard: calls by name, with what they are about, and answers by reference."""

from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError

from cluster.errors import StageLost
from cluster.live.remote_stages import checked
from cluster.logs import about_what

_CALL_LIMIT_S = 300.0


class RayStage:
    """An actor by its handle; what it logs meanwhile says what the caller is about."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def ask(self, method: str, *args: object) -> "RemoteAnswer":
        """Calls the method; returns at once."""
        try:
            return RemoteAnswer(self._handle.call.remote(about_what(), method, *args))
        except RayError as error:
            raise StageLost(_message(error)) from error

    def figures(self) -> dict[str, Any]:
        """How the actor goes. Raises StageLost."""
        figures: dict[str, Any] = RemoteAnswer(self._handle.figures.remote()).get()
        return figures


class RemoteAnswer:
    """A call's answer by its reference."""

    def __init__(self, reference: Any) -> None:
        self._reference = reference

    def get(self) -> Any:
        """Waits for it; raises StageLost, LeaseGone or StateUnusable."""
        try:
            answer = ray.get(self._reference, timeout=_CALL_LIMIT_S)
        except GetTimeoutError as error:
            raise StageLost(f"an actor did not answer for {_CALL_LIMIT_S:.0f} s") from error
        except RayError as error:
            raise StageLost(_message(error)) from error
        return checked(answer)

    def wait(self, seconds: float) -> bool:
        """Whether it is there, at the latest after so many seconds; an actor that died counts as an answer."""
        there, _ = ray.wait([self._reference], timeout=seconds, fetch_local=False)
        return bool(there)


def _message(error: RayError) -> str:
    return str(getattr(error, "cause", None) or error).strip().splitlines()[0]

"""A Ray for the time of one command: the cluster of RAY_ADDRESS, or one started here and stopped after."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import ray

from cluster.errors import RayUnreachable

_KNOCK_S = 5.0


@contextmanager
def running_ray() -> Iterator[None]:
    """A Ray for the time of one command: the cluster of RAY_ADDRESS, or one started here and stopped after."""
    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    address = os.environ.get("RAY_ADDRESS")
    dashboard = None if address else False
    if address:
        _knock(address)
    politely = signal.getsignal(signal.SIGTERM)
    try:
        # Without an address Ray would join whichever cluster was started last on this machine, somebody else's even.
        ray.init(
            address=address or "local", include_dashboard=dashboard, log_to_driver=False, logging_level=logging.ERROR
        )
    except (ConnectionError, ValueError) as error:
        raise RayUnreachable(address or "(none)") from error
    if callable(politely) and threading.current_thread() is threading.main_thread():
        # Ray puts a handler of its own there, which prints a stack and ends the process at once.
        signal.signal(signal.SIGTERM, politely)
    try:
        yield
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """RayUnreachable unless something listens there; Ray itself would wait for minutes and end the process."""
    parts = urlsplit(address if "://" in address else f"//{address}")
    if parts.hostname is None or parts.port is None:
        return
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=_KNOCK_S).close()
    except OSError as error:
        raise RayUnreachable(address) from error

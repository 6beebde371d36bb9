"""Loopback ports for servers that must be told their port before they start."""

import os
import socket
from itertools import count

# Below the range from which the system takes ports by itself: what binds port 0, or connects, never gets one of these.
_FIRST, _LAST = 10_240, 32_000
_EACH = 100
_RANGES = (_LAST - _FIRST) // _EACH
_asked = count()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that nobody uses, and that no other process's tests are given meanwhile.

    Each process goes round a hundred ports of its own, so that two servers which start at once never meet.
    """
    first = _FIRST + os.getpid() % _RANGES * _EACH
    for _ in range(_EACH):
        port = first + next(_asked) % _EACH
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"none of the ports {first} to {first + _EACH - 1} is free")

"""Loopback ports for servers that must be told their port before they start."""

import os
import socket
from itertools import count

from net.schemes import REFUSED_PORTS

# Below the range from which the system takes ports by itself: what binds port 0, or connects, never gets one of these.
_FIRST, _LAST = 10_240, 32_000
_EACH = 100
_RANGES = (_LAST - _FIRST) // _EACH
_asked = count()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that nobody uses, that sources may have, and that is given to no other process meanwhile.

    Each process goes round a hundred ports of its own, so that two servers which start at once never meet.
    """
    first = _FIRST + os.getpid() % _RANGES * _EACH
    for _ in range(_EACH):
        port = first + next(_asked) % _EACH
        if port not in REFUSED_PORTS and _is_free(port, kind):
            return port
    raise OSError(f"none of the ports {first} to {first + _EACH - 1} is free")


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

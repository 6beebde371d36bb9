"""Sockets that a server listens on."""

import socket


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket whose connections send at once (port 0: a free one); OSError where none can be had.

    An event loop leaves Nagle's algorithm on for a socket that it didn't make itself: an answer whose head and body are
    written one after the other then waits 40 ms for an acknowledgement, on every connection that stays open.
    """
    listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener

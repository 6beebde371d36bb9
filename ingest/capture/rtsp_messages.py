"""RTSP as it passes the relay: messages and interleaved media told apart, addresses put right; pure."""

import re
from dataclasses import dataclass, field

_MAX_HEAD_BYTES = 64 << 10
_MAX_BODY_BYTES = 1 << 20
_LENGTH = re.compile(rb"^content-length[ \t]*:[ \t]*(\d{1,8})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_LOCATION = re.compile(rb"^location[ \t]*:[ \t]*(\S+)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(rb"^RTSP/\d\.\d (\d{3})")


class BadRtsp(ValueError):
    """Bytes that are no RTSP; the connection must end."""


@dataclass(slots=True)
class RtspRequests:
    """What the client sends: the relay's address becomes the server's, so that the server sees its own name.

    With digest authentication the client has signed the address that it knows, so such a request stays as it is.
    """

    here: bytes
    there: bytes
    _waiting: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> bytes:
        """What to send on."""
        self._waiting += data
        out = bytearray()
        while (unit := _take(self._waiting)) is not None:
            if unit[:1] != b"$" and b"\nauthorization: digest" not in unit.lower():
                unit = unit.replace(self.here, self.there)
            out += unit
        return bytes(out)


@dataclass(slots=True)
class RtspReplies:
    """What the server sends: a redirect is kept back, for whoever opens the next connection must check it first.

    Requests of the server's own (RTSP allows them) are dropped: one of them is REDIRECT.
    """

    redirect: str | None = None
    _waiting: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> bytes:
        """What to send on; BadRtsp after a redirect, for nothing more may pass."""
        self._waiting += data
        out = bytearray()
        while (unit := _take(self._waiting)) is not None:
            if unit[:1] == b"$":
                out += unit
                continue
            status = _STATUS.match(unit)
            if status is None:
                continue
            if status[1].startswith(b"3"):
                location = _LOCATION.search(unit)
                self.redirect = location[1].decode("utf-8", "replace") if location else ""
                raise BadRtsp("redirected")
            out += unit
        return bytes(out)


def _take(waiting: bytearray) -> bytes | None:
    """The next whole message or interleaved frame, removed from what waits; None if it is not complete."""
    while waiting.startswith((b"\r", b"\n")):
        del waiting[:1]
    if waiting.startswith(b"$"):
        end = 4 + int.from_bytes(waiting[2:4], "big") if len(waiting) >= 4 else len(waiting) + 1
    else:
        head = waiting.find(b"\r\n\r\n")
        if head < 0:
            if len(waiting) > _MAX_HEAD_BYTES:
                raise BadRtsp("a message without end")
            return None
        length = _LENGTH.search(waiting, 0, head + 2)
        end = head + 4 + (int(length[1]) if length else 0)
        if end > _MAX_HEAD_BYTES + _MAX_BODY_BYTES:
            raise BadRtsp("a message beyond measure")
    if end > len(waiting):
        return None
    unit = bytes(waiting[:end])
    del waiting[:end]
    return unit

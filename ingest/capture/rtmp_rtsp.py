"""RTMP, RTSP and SRT: whoever speaks the protocol is given one way out, and that was checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin

import av
from av.container import InputContainer

from ingest.capture.relay import Relay, RelayTarget
from ingest.capture.remux import LIVE_OPTIONS
from ingest.capture.rtsp_messages import RtspReplies, RtspRequests
from ingest.capture.srt import srt_file
from ingest.errors import ParserDied
from ingest.media.container import DAMAGE, MAX_PIXELS, open_media, reason
from ingest.recording.part import Surroundings
from net.errors import RefusedAddress, UnreachableSource
from net.guard import NetPolicy, check_url, port_of, resolve, tls_context
from net.http import HttpLimits

RTMP_SCHEMES = frozenset({"rtmp", "rtmps"})
RTSP_SCHEMES = frozenset({"rtsp", "rtsps"})
_TLS_SCHEMES = frozenset({"rtmps", "rtsps"})
# Words that the library takes out of an RTSP query as orders: other transports, to other addresses.
_RTSP_ORDERS = frozenset({"udp", "multicast", "tcp", "http", "https", "filter_src"})
_SAFE = "/:@!$&'()*+,;=-._~%?"
_COMMON = {"max_streams": "32", "max_pixels": str(MAX_PIXELS)} | LIVE_OPTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveConnector:
    """What every connection of one capture shares."""

    policy: NetPolicy
    limits: HttpLimits
    around: Surroundings

    @contextmanager
    def opened(self, url: str) -> Iterator[InputContainer]:
        """The live source, opened; its redirects are followed, each to an address that was checked.

        Raises RefusedAddress or UnreachableSource.
        """
        at = url
        for _ in range(self.limits.redirects + 1):
            replies = RtspReplies()
            with self._relay(at, replies) as relay:
                container = self._open(at, relay, replies)
                if container is not None:
                    with container:
                        yield container
                    if relay.failure:
                        raise UnreachableSource(url, relay.failure)
                    return
            at = urljoin(at, replies.redirect or "")
            check_url(at, RTSP_SCHEMES)
        raise RefusedAddress(url, "redirects")

    @contextmanager
    def opened_srt(self, url: str) -> Iterator[InputContainer]:
        """The same for SRT, through the gateway; ParserDied where that was killed."""
        with srt_file(url, self.policy, self.limits, self.around.stop) as file:
            with open_media(file, url, LIVE_OPTIONS) as container:
                yield container
            if death := file.death():
                raise ParserDied(url, death)

    def _relay(self, url: str, replies: RtspReplies) -> Relay:
        parts = check_url(url, RTMP_SCHEMES | RTSP_SCHEMES)
        host, port, scheme = parts.hostname or "", port_of(parts), parts.scheme.lower()
        target = RelayTarget(
            addresses=resolve(host, port, self.policy, url=url),
            port=port,
            host=host,
            tls=tls_context(self.policy) if scheme in _TLS_SCHEMES else None,
            connect_s=self.limits.connect_s,
            idle_s=self.limits.read_s,
        )
        if scheme in RTMP_SCHEMES:
            return Relay(target, self.around.stop)
        there = f"{scheme}://{_named(parts)}".encode()
        return Relay(
            target,
            self.around.stop,
            upstream=lambda here: RtspRequests(here=f"rtsp://127.0.0.1:{here}".encode(), there=there),
            downstream=lambda: replies,
        )

    def _open(self, url: str, relay: Relay, replies: RtspReplies) -> InputContainer | None:
        """The opened source; None if it led elsewhere."""
        parts = check_url(url)
        near, options = (_rtmp if parts.scheme.lower() in RTMP_SCHEMES else _rtsp)(parts, relay.port)
        # The relay ends what is idle; the library's own limit stands a little behind it.
        most_s = self.limits.connect_s + self.limits.read_s
        try:
            return av.open(near, "r", options=_COMMON | options, timeout=(most_s, most_s))
        except DAMAGE as error:
            if replies.redirect is not None:
                return None
            denied = isinstance(error, av.HTTPUnauthorizedError | av.HTTPForbiddenError | av.HTTPNotFoundError)
            why = relay.failure or f"no stream was opened ({reason(error)})"
            raise UnreachableSource(url, why, transient=not denied, answered=relay.byte_count > 0) from error


def _rtmp(parts: SplitResult, port: int) -> tuple[str, dict[str, str]]:
    app = _rtmp_app(parts.path)
    return _near("rtmp", parts, port, parts.query), {
        "rtmp_tcurl": f"{parts.scheme.lower()}://{_named(parts)}/{app}",
        "rtmp_live": "live",
        "protocol_whitelist": "rtmp,tcp",
        "format_whitelist": "flv,live_flv",
    }


def _rtsp(parts: SplitResult, port: int) -> tuple[str, dict[str, str]]:
    query = "&".join(word for word in parts.query.split("&") if word.partition("=")[0].lower() not in _RTSP_ORDERS)
    return _near("rtsp", parts, port, query), {
        "rtsp_transport": "tcp",
        "allowed_media_types": "video+audio",
        "protocol_whitelist": "rtsp,tcp",
        "format_whitelist": "rtsp",
    }


def _rtmp_app(path: str) -> str:
    """The application's part of the path, by the rule of the library: one name, or two if a third follows."""
    names = path.removeprefix("/").split("/")
    if len(names) < 2:
        return ""
    if len(names) == 2 or ":" in names[1]:
        return names[0]
    return f"{names[0]}/{names[1]}"


def _near(scheme: str, parts: SplitResult, port: int, query: str) -> str:
    user, at, _ = parts.netloc.rpartition("@")
    path = quote(parts.path, safe=_SAFE) + (f"?{quote(query, safe=_SAFE)}" if query else "")
    return f"{scheme}://{quote(user, safe=_SAFE)}{at}127.0.0.1:{port}{path}"


def _named(parts: SplitResult) -> str:
    """Host and port as the server knows them, without the account."""
    return parts.netloc.rpartition("@")[2]

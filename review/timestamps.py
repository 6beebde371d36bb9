"""Time stamps by RFC 3161: an authority signs that a content was there at a time, and anybody can check that later."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from net.errors import SourceError
from net.guard import NetPolicy
from net.http import HttpLimits, build_client, named_failures
from review.errors import ReviewError

SUFFIX = ".tsr"
_MOST_BYTES = 1 << 20


class TimestampError(ReviewError):
    """No time stamp came, or it is none of this content; the operator can act."""

    exit_code = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAuthority:
    """Who stamps: its address, its root certificates, and what network it may be reached in."""

    url: str
    roots: tuple[x509.Certificate, ...]
    net: NetPolicy

    def stamp(self, content: bytes) -> bytes:
        """The authority's answer (DER) for this content, checked; only a SHA-512 of it is sent. TimestampError."""
        request = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA512).build()
        headers = {"content-type": "application/timestamp-query"}
        try:
            with (
                build_client(self.net, HttpLimits()) as client,
                named_failures(self.url),
                client.stream("POST", self.url, content=request.as_bytes(), headers=headers) as reply,
            ):
                answer = _bounded(reply)
        except SourceError as error:
            raise TimestampError(f"timestamp_url: {error}") from error
        if reply.status_code != httpx.codes.OK:
            raise TimestampError(f"timestamp_url: the authority answered {reply.status_code}; correct the address")
        _checked(answer, content, VerifierBuilder.from_request(request), self.roots)
        return answer


def _bounded(reply: httpx.Response) -> bytes:
    """The body, as far as an answer may be long; what goes on longer is none and will not be read as one."""
    body = b""
    for piece in reply.iter_bytes():
        body += piece
        if len(body) > _MOST_BYTES:
            break
    return body


def read_roots(path: Path) -> tuple[x509.Certificate, ...]:
    """The certificates in a PEM file; TimestampError where there are none."""
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise TimestampError(f"timestamp_roots {path}: holds no certificates (PEM): {error}") from error


def stamped_at(content: bytes, stamp: bytes, roots: Sequence[x509.Certificate]) -> datetime:
    """When the authority signed that it saw this content; TimestampError where it did not."""
    return _checked(stamp, content, VerifierBuilder(), roots)


def _checked(stamp: bytes, content: bytes, builder: VerifierBuilder, roots: Sequence[x509.Certificate]) -> datetime:
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        answer: TimeStampResponse = decode_timestamp_response(stamp)
        builder.build().verify_message(answer, content)
    except (VerificationError, ValueError) as error:
        digest = hashlib.sha256(content).hexdigest()
        raise TimestampError(f"time stamp: is none of the content with SHA-256 {digest}: {error}") from error
    return answer.tst_info.gen_time

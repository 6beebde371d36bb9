"""What a program that asks can do wrong, each with the HTTP status that tells it.

ReviewError
└── PlatformError
    ├── KeyRefused        401  no such key, or not any more
    ├── ScopeMissing      403  the key may not do this
    ├── TooFast           429  the key's rate is used up
    ├── TooManyWaiting    429  the key keeps too many connections waiting for events
    ├── NoRoom            429  no worker can take one more broadcast
    ├── KeyReused         422  the Idempotency-Key came with another request before
    ├── WrongMediaType    415  a body of a kind that the route does not read
    ├── VersionChanged    412  If-Match names another version than the one in force
    ├── OrderRefused      422  the order can't be taken as it is
    ├── NotResolved       503  the name service gave no answer for an address
    ├── TenantError       422  the operator: a customer or key can't be made or changed like this
    └── RateStorageError       the operator: the setting rate_storage can't be used
"""

from collections.abc import Iterable, Sequence

from review.errors import ReviewError

_RESOLVE_AGAIN_S = 30


class PlatformError(ReviewError):
    """Root of what programs are refused; `status` and `headers` go into the answer, `code` tells it from others."""

    status = 422
    code: str | None = None
    headers: dict[str, str]
    faults: tuple[tuple[str, str], ...] = ()

    def __init__(self, text: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.headers = headers or {}


class KeyRefused(PlatformError):
    """One text whatever was wrong with the key, so that nothing is told to whoever guesses."""

    status = 401
    code = "key_refused"

    def __init__(self) -> None:
        super().__init__(
            "the key is unknown, expired or revoked; send `Authorization: Bearer zy_…` with a key that is in force",
            {"WWW-Authenticate": 'Bearer realm="zhenyan", error="invalid_token"'},
        )


class ScopeMissing(PlatformError):
    """The key was made without this scope."""

    status = 403
    code = "scope_missing"

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"the key lacks the scope {scope}; have one made that has it",
            {"WWW-Authenticate": f'Bearer realm="zhenyan", error="insufficient_scope", scope="{scope}"'},
        )
        self.scope = scope


class TooFast(PlatformError):
    """More requests in a minute than were agreed."""

    status = 429
    code = "rate"

    def __init__(self, per_minute: int, wait_s: int) -> None:
        super().__init__(
            f"more than {per_minute} requests a minute; go on in {wait_s} s", {"Retry-After": str(max(1, wait_s))}
        )


class TooManyWaiting(PlatformError):
    """As many streams and long polls as a key may keep open."""

    status = 429
    code = "waiting"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} streams or long polls of events are open already; end one, or read them all from one stream",
            {"Retry-After": "5"},
        )


class NoRoom(PlatformError):
    """Every worker carries as much as it can."""

    status = 429
    code = "no_room"

    def __init__(self, why: str, wait_s: int) -> None:
        super().__init__(f"no room for another broadcast: {why}", {"Retry-After": str(max(1, wait_s))})


class KeyReused(PlatformError):
    """The same Idempotency-Key with another request."""

    code = "key_reused"

    def __init__(self) -> None:
        super().__init__("Idempotency-Key: came with another request before; use a new key for a new request")


class VersionChanged(PlatformError):
    """Somebody else changed it since."""

    status = 412
    code = "version_changed"

    def __init__(self, what: str, etag: str | None) -> None:
        now = "is not there" if etag is None else f"is at {etag} now"
        super().__init__(f"{what} {now}; read it again", {} if etag is None else {"ETag": etag})


class WrongMediaType(PlatformError):
    """A body of a kind that the route does not read."""

    status = 415
    code = "media_type"

    def __init__(self, given: str, known: Iterable[str]) -> None:
        super().__init__(f"Content-Type: {given!r} is not read here; send one of {', '.join(known)}")


class OrderRefused(PlatformError):
    """A field of an order that can't be taken; `code` says which rule refused it, `faults` all that is wrong in it."""

    def __init__(self, place: str, why: str, *, code: str, faults: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(f"{place}: {why}")
        self.place, self.why, self.code = place, why, code
        self.faults = tuple(faults)


class NotResolved(PlatformError):
    """Whether an address may be contacted is not known now: the resolver failed; the same request may do later."""

    status = 503
    code = "url_unresolved"

    def __init__(self, place: str) -> None:
        why = f"the name service gave no answer for its host; send it again in {_RESOLVE_AGAIN_S} s"
        super().__init__(f"{place}: {why}", {"Retry-After": str(_RESOLVE_AGAIN_S)})


class TenantError(PlatformError):
    """A customer or a key that can't be made or changed like this."""


class RateStorageError(PlatformError):
    """Rates can't be counted where the setting says; `scheme`: what is told of an address that may hold a password."""

    def __init__(self, scheme: str, why: str) -> None:
        super().__init__(f"setting rate_storage: {scheme}://… {why}; correct it")
        self.scheme = scheme

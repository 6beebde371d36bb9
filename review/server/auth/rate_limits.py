"""How often a key may ask, in a window that slides, and the header fields that tell it."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, SlidingWindowCounterSupport, Storage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from review.api_errors import RateStorageError, TooFast

_log = logging.getLogger(__name__)
_WINDOW_S = 60
_WRONG_PER_MINUTE = 60
_KINDS = frozenset({"redis", "rediss", "redis+unix", "valkey", "valkeys", "valkey+unix"})
# A storage that does not answer holds up a request for so long, and is then left alone for a while.
_ANSWER_S = 0.5
_LEFT_ALONE_S = 10.0
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What is left of a key's minute; `reset_s`: when all of it is there again; `over`: this was one too many."""

    per_minute: int
    left: int
    reset_s: int
    over: bool

    def headers(self) -> dict[str, str]:
        """The fields of the IETF draft on rate limits, and those of its earlier form, which most clients read."""
        return {
            "RateLimit-Policy": f'"key";q={self.per_minute};w={_WINDOW_S}',
            "RateLimit": f'"key";r={self.left};t={self.reset_s}',
            "RateLimit-Limit": str(self.per_minute),
            "RateLimit-Remaining": str(self.left),
            "RateLimit-Reset": str(self.reset_s),
        }


class Rates:
    """Counts in this process, or, so that several servers behind one name count together, in a storage that they share.

    `storage`: such as `redis://counters.internal:6379`; empty: this process. RateStorageError where it can't be used.
    One that does not answer takes no request with it: until it does, this process counts for itself.
    """

    def __init__(self, storage: str = "") -> None:
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = SlidingWindowCounterRateLimiter(_storage(storage)) if storage else None
        self._left_alone_until = 0.0

    def count(self, key_id: str, per_minute: int) -> Rate:
        """Counts a request of this key."""
        allowed = RateLimitItemPerMinute(per_minute)

        def rate(limiter: SlidingWindowCounterRateLimiter) -> Rate:
            taken = limiter.hit(allowed, "key", key_id)
            window = limiter.get_window_stats(allowed, "key", key_id)
            reset_s = max(1, math.ceil(window.reset_time - time.time()))
            return Rate(per_minute=per_minute, left=max(0, window.remaining), reset_s=reset_s, over=not taken)

        return self._counted(rate)

    def count_wrong(self, address: str) -> None:
        """Counts a key that is none; TooFast where somebody at this address goes on guessing."""
        allowed: RateLimitItem = RateLimitItemPerMinute(_WRONG_PER_MINUTE)
        if not self._counted(lambda limiter: limiter.hit(allowed, "wrong", address)):
            raise TooFast(_WRONG_PER_MINUTE, _WINDOW_S)

    def _counted(self, count: Callable[[SlidingWindowCounterRateLimiter], _T]) -> _T:
        if self._shared is not None and time.monotonic() >= self._left_alone_until:
            try:
                return count(self._shared)
            except StorageError as error:
                self._left_alone_until = time.monotonic() + _LEFT_ALONE_S
                # Of the storage's address it tells the host at most.
                _log.warning("rate_storage does not answer, this process counts for itself: %s", error.storage_error)
        return count(self._own)


def _storage(url: str) -> Storage:
    """The storage behind a URL; what is raised says nothing of the URL but its scheme."""
    scheme, has_address, _ = url.partition("://")
    if not has_address or scheme not in _KINDS:
        raise RateStorageError(scheme if has_address else "", "is of no known kind; write redis://HOST:PORT/NUMBER")
    try:
        made = storage_from_string(
            url, wrap_exceptions=True, socket_timeout=_ANSWER_S, socket_connect_timeout=_ANSWER_S
        )
    except ConfigurationError as error:
        raise RateStorageError(scheme, "needs a package; install zhenyan[redis]") from error
    except ValueError as error:
        raise RateStorageError(scheme, "has an address that can't be read") from error
    if not isinstance(made, Storage) or not isinstance(made, SlidingWindowCounterSupport):
        raise RateStorageError(scheme, "can't count in a sliding window")
    return made

"""How often a key may ask, in a window that slides, and the header fields that tell it."""

import math
import time
from dataclasses import dataclass

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from review.platform.errors import TooFast

_WINDOW_S = 60
_WRONG_PER_MINUTE = 60


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
    """Counts in this process: with several servers behind one name, each gives its own share."""

    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, key_id: str, per_minute: int) -> Rate:
        """Counts a request of this key."""
        allowed = RateLimitItemPerMinute(per_minute)
        taken = self._limiter.hit(allowed, "key", key_id)
        window = self._limiter.get_window_stats(allowed, "key", key_id)
        reset_s = max(1, math.ceil(window.reset_time - time.time()))
        return Rate(per_minute=per_minute, left=max(0, window.remaining), reset_s=reset_s, over=not taken)

    def count_wrong(self, address: str) -> None:
        """Counts a key that is none; TooFast where somebody at this address goes on guessing."""
        allowed = RateLimitItemPerMinute(_WRONG_PER_MINUTE)
        if not self._limiter.hit(allowed, "wrong", address):
            raise TooFast(_WRONG_PER_MINUTE, _WINDOW_S)

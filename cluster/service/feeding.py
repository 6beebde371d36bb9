"""What platforms say of a broadcast while it is on, as a judge asks for it."""

from typing import Protocol

from claims.types import PlatformFact


class Feed(Protocol):
    """Gives the facts of a broadcast."""

    def facts(self, stream_id: str, after: int = 0) -> tuple[tuple[int, PlatformFact], ...]:
        """The facts after this number, each with its own, in the order in which they came."""
        ...

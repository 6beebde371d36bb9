"""How long rights last, how many failures are borne, and what is kept for urgent broadcasts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTerms:
    """The rules by which broadcasts are lent to workers.

    `lease_ms`: how long a lease lasts without being renewed. `beat_ms`: how old a beat may be for its worker to count
    as there. `recall_ms`: how long a worker has to give a broadcast back that is asked for. `settled_ms`: after this
    long without a failure, earlier failures are forgotten. `most_restarts`: after so many in a row a broadcast has
    failed. `urgent_share`: the part of all places that only urgent broadcasts may take. `lagging_ms`: how far the
    analysis may be behind what is recorded of a broadcast on air before that is told.
    """

    lease_ms: int = 15_000
    beat_ms: int = 10_000
    recall_ms: int = 20_000
    settled_ms: int = 300_000
    most_restarts: int = 20
    first_wait_ms: int = 2_000
    longest_wait_ms: int = 300_000
    urgent_share: float = 0.1
    lagging_ms: int = 30_000

    def wait_ms(self, restarts: int) -> int:
        """How long a broadcast waits after so many failures in a row: not after the first, then ever longer."""
        if restarts <= 1:
            return 0
        return min(self.longest_wait_ms, self.first_wait_ms << min(restarts - 2, 30))

    def kept_places(self, places: int) -> int:
        """How many of all places only urgent broadcasts may take."""
        return int(places * self.urgent_share)

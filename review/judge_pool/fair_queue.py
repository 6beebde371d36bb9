"""Who is next: callers take turns, and nobody holds more than a share of the processes and of the waiting places."""

from collections import Counter, deque
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from review.judge_pool.errors import JudgingBusy, TooManyChecks

TRY_AGAIN_S = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who asks: the key or the person, and whom their jobs are counted with; one customer's keys are one group."""

    key: str
    group: str


class Waits(Protocol):
    """What stands in the line: whose it is, and whether it is large."""

    @property
    def party(self) -> Party:
        """Whose it is."""
        ...

    @property
    def is_large(self) -> bool:
        """Whether it may take long, by its size."""
        ...


Job = TypeVar("Job", bound=Waits)


class FairQueue(Generic[Job]):
    """The jobs that wait, and how many of whom are being done; it knows no clock, no thread and no process.

    Of `seats` processes one group gets all but one at most, so that a job of somebody else finds one free or waits for
    others than it. One of several takes no large jobs at all. Of `places` to wait in one group gets half.
    """

    def __init__(self, *, seats: int, places: int, per_key: int) -> None:
        self._share = max(1, seats - 1)
        self._places = places
        self._places_each = max(1, places // 2)
        self._per_key = per_key
        self._waiting: dict[str, deque[Job]] = {}
        self._count = 0
        self._under_way: Counter[str] = Counter()
        self._done_for: Counter[str] = Counter()

    def check_room(self, party: Party) -> None:
        """TooManyChecks, JudgingBusy where no job of this party would be taken now."""
        if self._under_way[party.key] >= self._per_key:
            raise TooManyChecks(self._per_key, "this key or account", TRY_AGAIN_S)
        own = self._waiting.get(party.group, ())
        if len(own) >= self._places_each:
            raise TooManyChecks(self._places_each, "this customer", TRY_AGAIN_S)
        if self._count >= self._places:
            raise JudgingBusy(TRY_AGAIN_S)

    def join(self, job: Job) -> None:
        """Puts the job at the end of its group's; TooManyChecks, JudgingBusy."""
        party = job.party
        self.check_room(party)
        self._waiting.setdefault(party.group, deque()).append(job)
        self._count += 1
        self._under_way[party.key] += 1

    def next(self, *, takes_large: bool = True) -> Job | None:
        """The job to do now, which leaves the line; None: whatever waits has to wait for one that is being done.

        `takes_large` False: one that may take long is left to another process.
        """
        for group in list(self._waiting):
            if self._done_for[group] >= self._share:
                continue
            job = next((job for job in self._waiting[group] if takes_large or not job.is_large), None)
            if job is None:
                continue
            self._take_out(job)
            # Whoever had a turn comes last.
            if group in self._waiting:
                self._waiting[group] = self._waiting.pop(group)
            self._done_for[group] += 1
            return job
        return None

    def leave(self, job: Job) -> None:
        """Takes out a job that waits."""
        self._take_out(job)
        self._forget(self._under_way, job.party.key)

    def done(self, job: Job) -> None:
        """Says that a job which `next` gave is over, whatever came of it."""
        self._forget(self._under_way, job.party.key)
        self._forget(self._done_for, job.party.group)

    def __len__(self) -> int:
        return self._count

    def all(self) -> list[Job]:
        """Every job that waits."""
        return [job for jobs in self._waiting.values() for job in jobs]

    def _take_out(self, job: Job) -> None:
        group = job.party.group
        self._waiting[group].remove(job)
        self._count -= 1
        if not self._waiting[group]:
            del self._waiting[group]

    @staticmethod
    def _forget(counter: Counter[str], name: str) -> None:
        counter[name] -= 1
        if not counter[name]:
            del counter[name]

"""Draws spot checks from broadcasts that ended, in a process of its own: what was not flagged, before people, blind."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from claims.classifier.encoding_cache import keeps_directions
from cluster.background import BackgroundJob, run_apart
from cluster.replay.run import Replaying, ReplayJob
from net.errors import ZhenyanError
from review.evidence.basis import read_kept_directions
from review.learning.golden import GoldenStore
from review.learning.spot_store import SpotStore
from review.learning.spots import SpotCase, draw
from review.learning.unflagged import shown_of, unflagged_of
from review.replays.store import ReplayStore
from review.stores import Stores

_log = logging.getLogger(__name__)
_AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotTerms:
    """What share of unflagged passages people look at, and how many a day at most; 0 of either: none.

    `golden`: in what share of all decisions a decided case is shown anew.
    """

    share: float
    a_day: int
    golden: float = 0.0

    @property
    def are_on(self) -> bool:
        """Whether any are drawn."""
        return self.share > 0 and self.a_day > 0


class SpotRunner(BackgroundJob):
    """Draws from each broadcast that ended, one by one; `job_of` gives what to judge a policy's folder with.

    At `close` a broadcast that is being drawn from is drawn from anew by whoever looks next.
    """

    def __init__(
        self,
        golden: GoldenStore,
        spots: SpotStore,
        terms: SpotTerms,
        live: Callable[[], Path],
        job_of: Callable[[Path], ReplayJob],
    ) -> None:
        self._golden, self._spots, self._terms, self._live, self._job_of = golden, spots, terms, live, job_of
        super().__init__(
            self.run_once,
            name="spot-checks",
            log=_log,
            failed="spot checks: the next can't be drawn; it is tried again",
        )

    def run_once(self) -> bool:
        """Draws from what waits, some broadcasts at a time; False if nothing does."""
        if self._golden.draw(self._terms.golden) is not None:
            return True
        if not self._terms.are_on or self._spots.next_stream() is None:
            return False
        job = self._job_of(self._live())
        status = run_apart(_run, job, self._terms, name="spot-checks", stopping=self.stopping)
        if status and not self.stopping.is_set():
            raise ChildProcessError(f"the process that drew spot checks ended with status {status}")
        return True


def _run(job: ReplayJob, terms: SpotTerms) -> None:
    stores = Stores.open(job.database_url)
    try:
        draw_spot_checks(stores.replays, stores.spots, Replaying(job, stores.replays), terms, job.data_dir)
    finally:
        stores.close()


def draw_spot_checks(
    replays: ReplayStore, spots: SpotStore, replaying: Replaying, terms: SpotTerms, data_dir: Path
) -> int:
    """Draws from broadcasts that wait, so many at most; gives how many passages people are to look at."""
    made = 0
    for _ in range(_AT_ONCE):
        stream_id = spots.next_stream()
        if stream_id is None:
            break
        try:
            made += _draw_from(replays, spots, replaying, terms, data_dir, stream_id)
        except ZhenyanError as error:
            _log.warning("stream %s: no spot checks are drawn from it: %s", stream_id, error)
            spots.add(stream_id, replaying.live.name, (), ())
    return made


def _draw_from(
    replays: ReplayStore, spots: SpotStore, replaying: Replaying, terms: SpotTerms, data_dir: Path, stream_id: str
) -> int:
    policy, reader = replaying.live, replaying.semantics.reader
    stream = replays.stream(stream_id, data_dir)
    if reader is None or not stream.passports:
        spots.add(stream_id, policy.name, (), ())
        return 0
    if keeps_directions(reader) and reader.encoder_key is not None:
        recording = data_dir / "recordings" / stream_id
        reader.recall(read_kept_directions(recording, reader.encoder_key).by_text)
    flagged = {passage_id for one in replays.stored(stream_id) if one.said.flags for passage_id in one.said.passage_ids}
    passages = unflagged_of(policy, stream, reader, flagged)
    cases: list[SpotCase] = []
    for drawn in draw(stream_id, passages, terms.share, spots.left_today(terms.a_day)):
        shown = shown_of(policy, stream, reader, drawn)
        if shown is not None:
            cases.append(SpotCase(finding=shown, drawn=drawn))
    spots.add(stream_id, policy.name, passages, cases)
    return len(cases)

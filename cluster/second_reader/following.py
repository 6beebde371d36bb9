"""Reads what is in doubt a second time, as findings are told: from the log of events, beside whoever wrote them."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from claims.policy.policy import Policy
from claims.second_reader.asking import question
from claims.second_reader.doubt import is_doubtful
from claims.second_reader.merging import merged
from claims.second_reader.types import CaseHold, Merged
from claims.types import Finding
from cluster.background import BackgroundJob
from cluster.second_reader.gathering import Gatherer
from cluster.second_reader.listening import Listener
from cluster.second_reader.types import Model, Outcome, SecondReaderConfig, SecondReadingResult
from review.events.log import EventLog
from review.second_reader.store import SecondReaderStore
from review.stream_store.queries import StreamQueries
from review.streams.rows import finding_from_json

_log = logging.getLogger(__name__)
_MOST_WAITING = 256
_BATCH = 200
_LOOKS_BACK_MS = 600_000
_KINDS = frozenset({"finding.created", "finding.updated"})


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A finding that is to be read by this moment of the clock."""

    finding: Finding
    until_s: float


class SecondReader:
    """Reads doubtful findings in threads of its own until it is closed; what it says is stored and told as events.

    Findings come from the log of events, so that nothing that writes them waits or knows of it. `policy` gives the one
    in force. `stream_id`: only of this broadcast; its changed findings are also given by `updated`.
    """

    def __init__(
        self,
        streams: StreamQueries,
        second_reader: SecondReaderStore,
        events: EventLog,
        model: Model,
        config: SecondReaderConfig,
        policy: Callable[[], Policy],
        data_dir: Path,
        *,
        stream_id: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._second_reader, self._events = second_reader, events
        self._model, self._config, self._policy = model, config, policy
        self._listener = Listener(model, config, second_reader, clock=clock)
        self._gatherer = Gatherer(streams, second_reader, data_dir, config.sends)
        self._stream_id = stream_id
        self._clock = clock
        self._line: queue.Queue[_Waiting | None] = queue.Queue(_MOST_WAITING)
        self._changed: queue.SimpleQueue[Finding] = queue.SimpleQueue()
        self._after: dict[str, int] = {}
        self._is_first = True
        self._in_hand = 0
        self._counting = threading.Lock()
        self._rounds = BackgroundJob(
            self.follow,
            name="second-reader",
            log=_log,
            failed="second reader: the log can't be read; tried again",
            patience_s=5,
        )
        self._threads = [
            threading.Thread(target=self._work, name=f"second-reader-{number}", daemon=True)
            for number in range(config.at_once)
        ]

    def start(self) -> None:
        """Begins to follow and to read."""
        for thread in self._threads:
            thread.start()
        self._rounds.start()

    def close(self) -> None:
        """Ends it; a call in hand is waited for as long as its deadline."""
        self._rounds.close()
        for _ in self._threads:
            self._line.put(None)
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=self._config.deadline_s + 5)
        self._model.close()

    def follow(self) -> bool:
        """Takes up what was told since this was last called; whether there was anything."""
        found = False
        since_ms = round(time.time() * 1000) - _LOOKS_BACK_MS
        for tenant_id, head in self._events.heads().items():
            after = self._after.get(tenant_id, max(0, head - _BATCH) if self._is_first else 0)
            events = self._events.after(tenant_id, after, _BATCH) if head > after else ()
            for event in events:
                self._after[tenant_id] = event.sequence
                finding = event.body.get("finding")
                if event.kind in _KINDS and event.at_ms >= since_ms and isinstance(finding, dict):
                    self.take(finding_from_json(finding))
                    found = True
        self._is_first = False
        return found

    def take(self, finding: Finding) -> None:
        """Has the finding read if it is in doubt and nobody reads it; returns at once."""
        other = self._stream_id not in {None, finding.stream_id}
        if other or finding.second_reading is not None or not is_doubtful(finding, self._config.doubt, self._policy()):
            return
        until_s = self._clock() + self._config.deadline_s
        if not self._second_reader.claim(finding, stale_ms=round(self._config.deadline_s * 3000)):
            return
        with self._counting:
            self._in_hand += 1
        try:
            self._line.put_nowait(_Waiting(finding, until_s))
        except queue.Full:
            self._miss(finding, Outcome.BUSY)
            self._second_reader.count(Outcome.BUSY.value)
            self._done()

    def updated(self) -> list[Finding]:
        """The findings that changed since this was last asked, each as it stands now."""
        found: list[Finding] = []
        while True:
            try:
                found.append(self._changed.get_nowait())
            except queue.Empty:
                return found

    def settle(self, within_s: float) -> bool:
        """Whether all that was told by now is read; waits so long for it."""
        deadline_s = time.monotonic() + within_s
        while time.monotonic() < deadline_s:
            self.follow()
            with self._counting:
                if not self._in_hand:
                    return True
            time.sleep(0.05)
        return False

    def read(self, finding: Finding, until_s: float | None = None) -> SecondReadingResult:
        """Has the model read the finding, and stores what it says."""
        policy = self._policy()
        material = self._gatherer.material(finding, policy)
        asked = question(material, policy)
        if asked is None:
            self._miss(finding, Outcome.UNASKED)
            return SecondReadingResult(outcome=Outcome.UNASKED)
        heard = self._listener.ask(asked, finding.stream_id, until_s=until_s)
        opinion = heard.opinion
        if opinion is None:
            self._miss(finding, heard.outcome)
            return heard

        def merge(stored: Finding, standing: CaseHold) -> Merged:
            return merged(replace(material, finding=stored), asked, opinion, standing, policy)

        for one in self._second_reader.put(finding, heard.key, merge):
            self._changed.put(one)
        return heard

    def _work(self) -> None:
        while (waiting := self._line.get()) is not None:
            try:
                self.read(waiting.finding, waiting.until_s)
            except Exception:  # an actor's edge: one finding is not read, the next is
                _log.exception("second reader: finding %s was not read", waiting.finding.finding_id)
                self._fail(waiting.finding)
            finally:
                self._done()

    def _fail(self, finding: Finding) -> None:
        try:
            self._second_reader.count(Outcome.FAILED.value)
            self._miss(finding, Outcome.FAILED)
        except Exception:  # the database does not answer: the claim runs out by itself
            _log.exception("second reader: what became of finding %s was not kept", finding.finding_id)

    def _miss(self, finding: Finding, outcome: Outcome) -> None:
        self._second_reader.miss(finding, outcome.value)

    def _done(self) -> None:
        with self._counting:
            self._in_hand -= 1

"""What has to happen by itself: terms end, clips of complaints are cut, what is past its clock goes, what falls due is
told, and what became of broadcasts whose worker is gone."""

import json
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from review.audit.trail import AuditTrail
from review.enforcement.complaints import ComplaintStore
from review.enforcement.retention import RetentionStore
from review.enforcement.store import EnforcementStore
from review.events.stretch_log import StretchLog
from review.evidence.clips import clip_of
from review.evidence.files import KeptEvidence
from review.learning.spot_store import SpotStore
from review.notifications.deadlines import Deadlines
from review.notifications.sending import Digests
from review.scheduling.expiry import LeaseExpiry
from review.stream_store.queries import StreamQueries
from review.stream_store.writer import StreamWriter
from review.timestamps import SUFFIX, TimeAuthority
from review.webhooks.retry_queue import Deliveries

_log = logging.getLogger(__name__)
HEADS = "audit-heads"
Job = Callable[[], object]
_EVERY_S = 5.0
# Heads older than that were written before there was an authority, and stay as they are.
_STAMPED_AT_ONCE = 7
_LIVE_EVERY_S = 2.5
_DEADLINES_EVERY_S = 30.0


class JobStores(Protocol):
    """The stores that the jobs work on."""

    @property
    def lease_expiry(self) -> LeaseExpiry:
        """Broadcasts whose worker is gone."""

    @property
    def deadlines(self) -> Deadlines:
        """What falls due."""

    @property
    def enforcement(self) -> EnforcementStore:
        """Measures whose term ends."""

    @property
    def complaints(self) -> ComplaintStore:
        """Complaints whose clips are to be cut."""

    @property
    def spots(self) -> SpotStore:
        """Spot checks whose clips are to be cut."""

    @property
    def streams(self) -> StreamQueries:
        """The findings that clips are of."""

    @property
    def stream_writer(self) -> StreamWriter:
        """Where clips are named."""

    @property
    def evidence(self) -> KeptEvidence:
        """The files that are kept elsewhere."""

    @property
    def deliveries(self) -> Deliveries:
        """Deliveries that are done with."""

    @property
    def stretches(self) -> StretchLog:
        """Stretches past their clock."""

    @property
    def audit(self) -> AuditTrail:
        """The trail whose head is written out."""


class BackgroundJobs:
    """Runs the jobs one after the other; several processes may do so at once, each job finds what is left.

    `failures` counts jobs that failed; each is logged and tried again at the next round.
    """

    def __init__(
        self,
        stores: JobStores,
        data_dir: Path,
        *,
        retention: RetentionStore,
        stretch_days: float = 7,
        authority: TimeAuthority | None = None,
        digests: Digests | None = None,
    ) -> None:
        """`stretch_days`: for how long stretches are kept. `authority`: stamps each day's head; None: nobody does.

        `digests`: sends people what waits for them; None: no mail is sent.
        """
        self._stores = stores
        self._data_dir = data_dir
        self._retention = retention
        self._stretch_days = stretch_days
        self._authority = authority
        self._digests = digests
        self._swept = ""
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self.failures = 0

    def run_once(self) -> None:
        """Every job once; one that fails stops no other."""
        self._run_each(self._live_jobs)
        self._run_each(self._jobs)
        self._run_each(self._deadline_jobs)
        self._run_each(self._mail_jobs)

    def start(self) -> None:
        """Runs every few seconds in threads until `close`; what is live waits for no clip that is cut."""
        for name, jobs, every_s in (
            ("housekeeping", self._jobs, _EVERY_S),
            ("housekeeping-live", self._live_jobs, _LIVE_EVERY_S),
            ("deadlines", self._deadline_jobs, _DEADLINES_EVERY_S),
            ("mail", self._mail_jobs, _EVERY_S),
        ):
            thread = threading.Thread(target=self._run, args=(jobs, every_s), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Ends the threads after the jobs in hand."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=30)

    @property
    def _live_jobs(self) -> tuple[Job, ...]:
        return (self._stores.lease_expiry.keep,)

    @property
    def _deadline_jobs(self) -> tuple[Job, ...]:
        return (self._stores.deadlines.notify,)

    @property
    def _mail_jobs(self) -> tuple[Job, ...]:
        # A mail server that does not answer holds up nothing else.
        return () if self._digests is None else (self._digests.send,)

    @property
    def _jobs(self) -> tuple[Job, ...]:
        return (self._stores.enforcement.expire, self._stores.enforcement.watch, self._cut, self._daily, self._stamp)

    def _run(self, jobs: Sequence[Job], every_s: float) -> None:
        while not self._stop.is_set():
            self._run_each(jobs)
            self._stop.wait(every_s)

    def _run_each(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            try:
                job()
            except Exception:
                self.failures += 1
                _log.exception("housekeeping: %s failed; it is tried again", getattr(job, "__name__", job))

    def _cut(self) -> None:
        for finding_id in (*self._stores.complaints.without_clip(), *self._stores.spots.without_clip()):
            clip_of(
                self._stores.evidence,
                self._stores.stream_writer,
                self._data_dir,
                self._stores.streams.finding(finding_id),
            )

    def _stamp(self) -> None:
        """Heads without a time stamp get one, the latest first; what the authority refuses is tried again."""
        if self._authority is None:
            return
        for head in sorted((self._data_dir / HEADS).glob("*.json"), reverse=True)[:_STAMPED_AT_ONCE]:
            stamp = head.with_name(head.name + SUFFIX)
            if not stamp.exists():
                stamp.write_bytes(self._authority.stamp(head.read_bytes()))

    def _daily(self) -> None:
        """Once a day: what is past its clock goes, and the trail's head is written out for keeping elsewhere."""
        day = datetime.fromtimestamp(self._stores.enforcement.now_ms() / 1000, UTC).strftime("%Y-%m-%d")
        if day == self._swept:
            return
        self._retention.sweep()
        self._stores.deliveries.forget_done()
        self._stores.stretches.forget(self._stretch_days)
        self._stores.deadlines.forget()
        folder = self._data_dir / HEADS
        folder.mkdir(parents=True, exist_ok=True)
        head = asdict(self._stores.audit.head()) | {"at": day}
        (folder / f"{day}.json").write_text(json.dumps(head) + "\n", encoding="utf-8")
        self._swept = day

"""What has to happen by itself: terms end, clips of complaints are cut, what is past its clock goes."""

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from review.due.cutting import clip_of
from review.due.retention import RetentionStore
from review.store import Store

_log = logging.getLogger(__name__)
HEADS = "audit-heads"
_EVERY_S = 5.0


class Housekeeper:
    """Runs the jobs one after the other; several processes may do so at once, each job finds what is left.

    `failures` counts jobs that failed; each is logged and tried again at the next round.
    """

    def __init__(self, store: Store, data_dir: Path, *, retention: RetentionStore) -> None:
        self._store = store
        self._data_dir = data_dir
        self._retention = retention
        self._swept = ""
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.failures = 0

    def run_once(self) -> None:
        """Every job once; one that fails stops no other."""
        jobs: list[Callable[[], object]] = [self._store.due.expire, self._store.due.watch, self._cut, self._daily]
        for job in jobs:
            try:
                job()
            except Exception:
                self.failures += 1
                _log.exception("housekeeping: %s failed; it is tried again", getattr(job, "__name__", job))

    def start(self) -> None:
        """Runs every few seconds in a thread until `close`."""
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread after the job in hand."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.run_once()
            self._stop.wait(_EVERY_S)

    def _cut(self) -> None:
        for finding_id in self._store.complaints.without_clip():
            clip_of(self._store, self._data_dir, self._store.finding(finding_id))

    def _daily(self) -> None:
        """Once a day: what is past its clock goes, and the trail's head is written out for keeping elsewhere."""
        day = datetime.fromtimestamp(self._store.due.now_ms() / 1000, UTC).strftime("%Y-%m-%d")
        if day == self._swept:
            return
        self._retention.sweep()
        self._store.deliveries.forget_done()
        folder = self._data_dir / HEADS
        folder.mkdir(parents=True, exist_ok=True)
        head = asdict(self._store.audit.head()) | {"at": day}
        (folder / f"{day}.json").write_text(json.dumps(head) + "\n", encoding="utf-8")
        self._swept = day

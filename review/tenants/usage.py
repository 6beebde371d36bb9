"""How much each key asks for: counted in memory, added to the database every few seconds."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite

from review.db.tables.analytics import KeyUsageRow
from review.db.upsert import table_of

_EVERY_S = 5.0
_COUNTS = ("requests", "refused", "failed")


class UsageRecorder:
    """One serving process's counts by day and key; whoever notes when some seconds have passed writes them.

    A process that is killed loses the counts of its last seconds, and no answer waits for them.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._writing = engine.execution_options(writes=True)
        self._now = now
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        self._written_s = time.monotonic()

    def note(self, key_id: str, status: int) -> bool:
        """Counts an answer to this key; gives whether it is time to `write`."""
        day = self._now().astimezone(UTC).date().isoformat()
        with self._lock:
            counts = self._counts[day, key_id]
            counts[0] += 1
            counts[1] += 400 <= status < 500
            counts[2] += status >= 500
            return time.monotonic() - self._written_s >= _EVERY_S

    def write(self) -> None:
        """Adds what was counted to the database."""
        with self._lock:
            taken, self._counts = self._counts, defaultdict(lambda: [0, 0, 0])
            self._written_s = time.monotonic()
        if not taken:
            return
        rows = [
            {"day": day, "key_id": key_id} | dict(zip(_COUNTS, counts, strict=True))
            for (day, key_id), counts in sorted(taken.items())
        ]
        table = table_of(KeyUsageRow)
        with self._writing.begin() as connection:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            statement = insert(table)
            added = {name: table.c[name] + statement.excluded[name] for name in _COUNTS}
            connection.execute(statement.on_conflict_do_update(index_elements=["day", "key_id"], set_=added), rows)

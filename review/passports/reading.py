"""Passports that were sent, read in the processes that judge: a record can hold more than is read at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from claims.passports.bounds import PassportBounds
from claims.passports.quantities import QuantityReader
from review.api_errors import OrderRefused
from review.judge_pool.callers import party_of
from review.judge_pool.fair_queue import Party
from review.judge_pool.policy_in_force import Judges
from review.judge_pool.pool import JudgingPool
from review.passports.bulk import FileForm, ReadRow, read_rows, sent_rows
from review.passports.records import Registered, read_all, read_body
from review.tenants.types import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRead:
    """One passport in a request's body."""

    body: bytes
    media_type: str
    bounds: PassportBounds

    def run(self, judges: Callable[[], Judges]) -> Registered:
        """The passport; OrderRefused."""
        return self.read(lambda: judges().policy.quantity_reader)

    def read(self, reader: Callable[[], QuantityReader]) -> Registered:
        """As `run`, with what reads quantities."""
        return read_body(self.body, self.media_type, reader, place="passport", bounds=self.bounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsRead:
    """The passports that came with an order."""

    records: tuple[Any, ...]
    bounds: PassportBounds

    def run(self, judges: Callable[[], Judges]) -> list[Registered]:
        """The passports; OrderRefused names all that is wrong with them."""
        return self.read(lambda: judges().policy.quantity_reader)

    def read(self, reader: Callable[[], QuantityReader]) -> list[Registered]:
        """As `run`, with what reads quantities."""
        return read_all(self.records, reader(), self.bounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """A file of passports; one with more rows than `most_rows` is refused as a whole."""

    content: bytes
    form: FileForm
    day: date
    bounds: PassportBounds
    most_rows: int

    def run(self, judges: Callable[[], Judges]) -> list[ReadRow]:
        """Each row with its passport or its faults; OrderRefused where the file can't be read at all."""
        return self.read(lambda: judges().policy.quantity_reader)

    def read(self, reader: Callable[[], QuantityReader]) -> list[ReadRow]:
        """As `run`, with what reads quantities."""
        rows = list(islice(sent_rows(self.content, self.form), self.most_rows + 1))
        if not rows:
            raise OrderRefused("file", "holds no passport", code="empty")
        if len(rows) > self.most_rows:
            why = f"has more than {self.most_rows} rows, the most of one request; send it in parts"
            raise OrderRefused("file", why, code="too_large")
        return list(read_rows(rows, reader(), self.day, self.bounds))


@dataclass(frozen=True, slots=True, kw_only=True)
class PassportReading:
    """Reads what is sent within bounds: in the pool, or, where there is none, here, by `reader`."""

    reader: Callable[[], QuantityReader]
    bounds: PassportBounds
    pool: JudgingPool | None = None

    def body(self, caller: Caller, body: bytes, media_type: str) -> Registered:
        """The one passport in a request's body; OrderRefused, and what the pool refuses."""
        found: Registered = self._done(party_of(caller), BodyRead(body=body, media_type=media_type, bounds=self.bounds))
        return found

    def records(self, caller: Caller, records: Sequence[dict[str, Any]]) -> list[Registered]:
        """The passports of an order; OrderRefused, and what the pool refuses."""
        if not records:
            return []
        read: list[Registered] = self._done(party_of(caller), RecordsRead(records=tuple(records), bounds=self.bounds))
        return read

    def file(self, caller: Caller, content: bytes, form: FileForm, day: date, most_rows: int) -> list[ReadRow]:
        """The rows of a file; OrderRefused, and what the pool refuses."""
        job = FileRead(content=content, form=form, day=day, bounds=self.bounds, most_rows=most_rows)
        found: list[ReadRow] = self._done(party_of(caller), job)
        return found

    def _done(self, party: Party, job: BodyRead | RecordsRead | FileRead) -> Any:
        reader = self.reader()
        return job.read(lambda: reader) if self.pool is None else self.pool.do(party, job)

"""Registered passports as commands work on them: of a server, over HTTP, or in the store of this machine."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from claims.policy.packaged import policy_at
from cli.config.settings import load_settings
from cli.config.stores import caller, opened_stores
from cli.remote.server import opened_server
from cli.shell.records import InputError, now
from review.client import Zhenyan
from review.passports.bulk import SentRow, read_rows, without_duplicates
from review.passports.columns import column_of
from review.passports.registry import PassportStore, StoredPassport
from review.passports.storing import RowStatus, StoredRow, stored_rows
from review.tenants.types import Caller

# A request of a few hundred is read in about a second.
_AT_ONCE = 500
Record = Mapping[str, Any]


class Registry(Protocol):
    """Where passports are registered."""

    def store(self, rows: Iterable[SentRow]) -> Iterator[StoredRow]:
        """What becomes of each row, as it is done."""
        ...

    def listed(self, gtin: str | None) -> Iterator[Record]:
        """The passports in force, by product, without their records."""
        ...

    def passport(self, product_id: str, version: str | None) -> Record:
        """The passport in force, or this version, with its record."""
        ...

    def versions(self, product_id: str) -> Sequence[Record]:
        """Every version, the latest first."""
        ...

    def retire(self, product_id: str) -> Record:
        """The passport, in force no longer."""
        ...


@contextmanager
def opened_registry(server: str | None, *, in_store: bool, tenant: str, config_file: Path | None) -> Iterator[Registry]:
    """The server's passports, or those of this machine's store; InputError unless one of both is named."""
    if in_store:
        if server:
            raise InputError("--store and --server: name one of them")
        with opened_stores(config_file) as stores:
            yield _OfStore(stores.passports, tenant, config_file)
        return
    with opened_server(server) as client:
        yield _OfServer(client)


class _OfServer:
    def __init__(self, client: Zhenyan) -> None:
        self._client = client

    def store(self, rows: Iterable[SentRow]) -> Iterator[StoredRow]:
        source = without_duplicates(rows)
        while some := list(islice(source, _AT_ONCE)):
            answers = iter(self._send([row for row in some if not row.own_faults]))
            for row in some:
                yield _refused(row) if row.own_faults else _stored(row, next(answers))

    def _send(self, rows: Sequence[SentRow]) -> Sequence[Record]:
        if not rows:
            return []
        lines = [json.dumps(row.parsed.content, ensure_ascii=False, default=str) for row in rows]
        answered: Sequence[Record] = self._client.put_passports("\n".join(lines).encode())["rows"]
        return answered

    def listed(self, gtin: str | None) -> Iterator[Record]:
        return self._client.passports(gtin)

    def passport(self, product_id: str, version: str | None) -> Record:
        return self._client.passport(product_id, version)

    def versions(self, product_id: str) -> Sequence[Record]:
        return self._client.passport_versions(product_id)

    def retire(self, product_id: str) -> Record:
        return self._client.retire_passport(product_id)


class _OfStore:
    def __init__(self, passports: PassportStore, tenant: str, config_file: Path | None) -> None:
        self._passports = passports
        self._config_file = config_file
        self._caller = Caller.of_operator(tenant, caller())

    def store(self, rows: Iterable[SentRow]) -> Iterator[StoredRow]:
        settings = load_settings(self._config_file)
        reader = policy_at(settings.policy_folder).quantity_reader
        read = read_rows(rows, reader, now().date(), settings.passport_bounds)
        return stored_rows(self._passports, self._caller, read)

    def listed(self, gtin: str | None) -> Iterator[Record]:
        after = ""
        number = None if gtin is None else gtin.zfill(14)
        while page := self._passports.listed(self._caller.home, after=after, limit=_AT_ONCE, gtin=number):
            yield from map(_line, page)
            after = page[-1].product_id

    def passport(self, product_id: str, version: str | None) -> Record:
        known = self._passports
        home = self._caller.home
        found = known.current(home, product_id) if version is None else known.version(home, product_id, version)
        return _line(found) | {"passport": json.loads(found.text)}

    def versions(self, product_id: str) -> Sequence[Record]:
        return [_line(stored) for stored in self._passports.versions(self._caller.home, product_id)]

    def retire(self, product_id: str) -> Record:
        return _line(self._passports.retire(self._caller, product_id))


def _line(stored: StoredPassport) -> dict[str, Any]:
    names = ("product_id", "number", "version", "gtin", "created_at_ms", "retired_at_ms")
    return {name: getattr(stored, name) for name in names}


def _refused(row: SentRow) -> StoredRow:
    return StoredRow(number=row.number, product_id=row.product_id, status=RowStatus.REFUSED, faults=row.own_faults)


def _stored(row: SentRow, answer: Mapping[str, Any]) -> StoredRow:
    places = row.places or {}
    return StoredRow(
        number=row.number,
        product_id=answer["id"],
        status=RowStatus(answer["status"]),
        version=answer["version"],
        version_number=answer["number"],
        faults=tuple((column_of(places, one["field"]), one["reason"]) for one in answer["errors"]),
        warnings=tuple(answer["warnings"]),
    )

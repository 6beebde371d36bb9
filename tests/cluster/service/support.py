"""The live service as a whole, for tests: broadcasts on air, ordered in a database, carried by Ray, and what came of
them."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import ray
from sqlalchemy import insert

import configs
from claims.passport_load import load_passports, passport_texts
from claims.policy import Policy
from cluster.dispatch.carriers import RayCarriers
from cluster.dispatch.dispatcher import Charge, end_dispatcher, ensure_dispatcher
from cluster.dispatch.types import NAMESPACE, Staffing
from cluster.service.making import ServiceMaker
from cluster.service.types import ServiceConfig
from ingest.ledger import Coverage
from ingest.types import EndPolicy, RetentionLimits
from review.engine import open_engine
from review.live.tables import FactRow, OrderRow, PassportRow, TenantRow
from review.live.types import LOCAL_TENANT, Priority, Wanted
from review.rows import stream_values
from review.store import Store
from review.tables import StreamRow
from review.types import FindingQuery, Host, ProductRef, StreamRecord, StreamState
from review.upsert import insert_missing
from tests.ingest.support import run_ffmpeg

AT = datetime.fromisoformat("2026-11-24T20:00:00+08:00")
PASSPORTS = configs.DEMO_DIR / "passports.yaml"


def wait(holds: Callable[[], bool], limit_s: float, why: Callable[[], str] = lambda: "it never came true") -> None:
    """Waits for what takes seconds; asks seldom, so that asking costs nothing."""
    deadline_s = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > deadline_s:
            raise AssertionError(why())
        time.sleep(0.25)


def shortened(target: Path, *, start_s: int, seconds: int) -> Path:
    """A part of the packaged broadcast."""
    source = configs.DEMO_DIR / "broadcast.mp4"
    run_ffmpeg("-ss", str(start_s), "-i", source, "-t", str(seconds), "-c", "copy", target)
    return target


def service_config(folder: Path, database_url: str, **changes: Any) -> ServiceConfig:
    """Settings as the packaged ones, without the semantic layer, so that tests start soon."""
    job: dict[str, Any] = {
        "asr_model": "base",
        "asr_hotwords": False,
        "asr_processes": 1,
        "asr_budget_ms": 200,
        "num_gpus": 0.0,
        "device": "cpu",
        "threads": 1,
        "screen_side_px": 960,
        "sandbox": "auto",
        "trust_ca": None,
        "end": EndPolicy(start_s=60, away_s=20),
        "retention": RetentionLimits(),
        "embed_model": "",
        "semantic": "off",
    }
    values: dict[str, Any] = {"allow_net": ("127.0.0.1",), "places": 8, "checkpoint_ms": 6_000}
    return ServiceConfig(
        job=job | dict(changes.pop("job", {})), database_url=database_url, data_dir=folder, **values | changes
    )


@dataclass(frozen=True)
class Desk:
    """The database as a customer's calls leave it and read it."""

    url: str
    store: Store = field(repr=False)

    def order(
        self, stream_id: str, source: str, *, priority: Priority = Priority.NORMAL, max_ms: int | None = None
    ) -> None:
        """Orders a broadcast of the demo's host, with the demo's products, registered."""
        passports = load_passports(PASSPORTS, Policy(configs.POLICY_DIR).quantity_reader)
        texts = passport_texts(PASSPORTS)
        now_ms = int(AT.timestamp() * 1000)
        record = StreamRecord(
            stream_id=stream_id,
            source=source,
            host=Host(id="demo-host", name="小岚", platform="demo"),
            title=stream_id,
            started_at=AT,
            products=tuple(ProductRef(product_id=p.id, name=p.name, category=p.category) for p in passports),
        )
        with self._writing() as connection:
            tenant = {"tenant_id": LOCAL_TENANT, "name": "local", "created_at_ms": now_ms}
            insert_missing(connection, TenantRow, [tenant])
            insert_missing(
                connection,
                PassportRow,
                [
                    {
                        "tenant_id": LOCAL_TENANT,
                        "product_id": p.id,
                        "number": 1,
                        "version": p.version,
                        "gtin": None,
                        "text": texts[p.version],
                        "created_at_ms": now_ms,
                    }
                    for p in passports
                ],
            )
            connection.execute(insert(StreamRow).values(stream_values(record, now_ms)))
            connection.execute(
                insert(OrderRow).values(
                    stream_id=stream_id,
                    tenant_id=LOCAL_TENANT,
                    url=source,
                    wanted=Wanted.RUN.value,
                    priority=int(priority),
                    products=[{"product_id": p.id, "version": p.version} for p in passports],
                    content_sha256="",
                    max_ms=max_ms,
                    created_at_ms=now_ms,
                    changed_at_ms=now_ms,
                )
            )

    def stop(self, stream_id: str) -> None:
        """The customer wants it no more."""
        with self._writing() as connection:
            connection.execute(OrderRow.__table__.update().values(wanted=Wanted.STOP.value))  # type: ignore[attr-defined]

    def tell(self, stream_id: str, number: int, fact: Mapping[str, Any]) -> None:
        """The platform tells a fact."""
        values = {"stream_id": stream_id, "sequence": number, "received_at_ms": 0, "product_id": None, "value": None}
        with self._writing() as connection:
            connection.execute(insert(FactRow).values(values | dict(fact)))

    def state(self, stream_id: str) -> StreamState:
        return self.store.stream(stream_id).state

    def coverage(self, stream_id: str) -> Coverage:
        return self.store.coverage(stream_id)

    def finding_ids(self, stream_id: str) -> frozenset[str]:
        page = self.store.findings(FindingQuery(stream_id=stream_id, limit=500))
        return frozenset(one.finding.finding_id for one in page.findings)

    def analysed_ms(self, stream_id: str) -> int:
        lease = self.store.leases.lease(stream_id)
        return 0 if lease is None else lease.analysed_ms

    def token(self, stream_id: str) -> int:
        lease = self.store.leases.lease(stream_id)
        return 0 if lease is None else lease.token

    def wait_over(self, *stream_ids: str, limit_s: float = 240) -> None:
        over = (StreamState.ENDED, StreamState.FAILED)
        wait(lambda: all(self.state(s) in over for s in stream_ids), limit_s, lambda: str(figures("shard")))

    def _writing(self) -> Any:
        return open_engine(self.url).execution_options(writes=True).begin()


@contextmanager
def desk(url: str) -> Iterator[Desk]:
    store = Store.open(url)
    try:
        yield Desk(url, store)
    finally:
        store.close()


@contextmanager
def service(config: ServiceConfig, staffing: Staffing | None = None) -> Iterator[None]:
    """The dispatcher with its shards and pools on the Ray that runs; afterwards all of them are gone."""
    charge = Charge(
        database_url=config.database_url,
        carriers=RayCarriers(maker=ServiceMaker(config)),
        staffing=staffing or Staffing(),
    )
    ensure_dispatcher(charge)
    try:
        yield
    finally:
        end_dispatcher()
        for one in ray.util.list_named_actors(all_namespaces=True):
            if one["namespace"] == NAMESPACE:
                ray.kill(ray.get_actor(one["name"], namespace=NAMESPACE))


def actor(prefix: str) -> Any:
    """The first actor whose name begins so."""
    names = [one["name"] for one in ray.util.list_named_actors(all_namespaces=True) if one["namespace"] == NAMESPACE]
    return ray.get_actor(sorted(n for n in names if n.startswith(prefix))[0], namespace=NAMESPACE)


def figures(prefix: str) -> dict[str, Any]:
    """What the actor tells of itself."""
    told: dict[str, Any] = ray.get(actor(prefix).figures.remote(), timeout=60)
    return told

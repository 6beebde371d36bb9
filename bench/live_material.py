"""The live service on this machine with the packaged broadcast's customer: what its benchmarks and tests share."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError
from sqlalchemy import insert

import configs
from claims.passports.load import load_passports, passport_texts
from claims.policy.packaged import packaged_policy
from cluster.live.types import ServiceConfig
from cluster.ray.actors import ServiceActorFactory
from cluster.ray.dispatcher import DispatcherSettings, end_dispatcher, ensure_dispatcher
from cluster.ray.launcher import RayLauncher
from cluster.scheduler.types import NAMESPACE, Staffing
from ingest.types import EndPolicy, RetentionLimits
from review.db.engine import open_engine
from review.db.tables.passports import PassportRow
from review.db.tables.scheduling import OrderRow
from review.db.tables.streams import StreamRow
from review.db.tables.tenants import TenantRow
from review.db.tenant_ids import LOCAL_TENANT
from review.db.upsert import insert_missing
from review.scheduling.types import Priority
from review.streams.rows import stream_values
from review.streams.types import Host, ProductRef, StreamRecord, Wanted

AT = datetime.fromisoformat("2026-11-24T20:00:00+08:00")
PASSPORTS = configs.DEMO_DIR / "passports.yaml"


def service_config(folder: Path, database_url: str, **changes: Any) -> ServiceConfig:
    """Settings as the packaged ones on a CPU, without the semantic layer; sources on loopback are allowed."""
    job: dict[str, Any] = {
        "asr_model": "base",
        "asr_hotwords": False,
        "asr_rehear": True,
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


def order_demo(
    url: str,
    stream_id: str,
    source: str,
    *,
    priority: Priority = Priority.NORMAL,
    max_ms: int | None = None,
    wanted: Wanted = Wanted.RUN,
) -> None:
    """Orders a broadcast of the demo's host in this database, with the demo's products, which are registered."""
    passports = load_passports(PASSPORTS, packaged_policy().quantity_reader)
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
    registered = [
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
    ]
    order = {
        "stream_id": stream_id,
        "tenant_id": LOCAL_TENANT,
        "url": source,
        "wanted": wanted.value,
        "priority": int(priority),
        "products": [{"product_id": p.id, "version": p.version} for p in passports],
        "content_sha256": "",
        "max_ms": max_ms,
        "created_at_ms": now_ms,
        "changed_at_ms": now_ms,
    }
    engine = open_engine(url)
    with engine.execution_options(writes=True).begin() as connection:
        tenant = {"tenant_id": LOCAL_TENANT, "name": "local", "created_at_ms": now_ms}
        insert_missing(connection, TenantRow, [tenant])
        insert_missing(connection, PassportRow, registered)
        connection.execute(insert(StreamRow).values(stream_values(record, now_ms)))
        connection.execute(insert(OrderRow).values(order))
    engine.dispose()


@contextmanager
def service(config: ServiceConfig, staffing: Staffing | None = None) -> Iterator[None]:
    """The dispatcher with its shards and pools on the Ray that runs; afterwards all of them are gone."""
    launcher = RayLauncher(factory=ServiceActorFactory(config))
    dispatcher_settings = DispatcherSettings(
        database_url=config.database_url, launcher=launcher, staffing=staffing or Staffing()
    )
    ensure_dispatcher(dispatcher_settings)
    try:
        yield
    finally:
        end_dispatcher()
        for name in launcher.present():
            with suppress(ValueError):  # it ended meanwhile
                ray.kill(ray.get_actor(name, namespace=NAMESPACE))


def actor(prefix: str) -> Any:
    """The first actor of the service whose name begins so; ValueError if there is none."""
    named: list[Any] = ray.util.list_named_actors(all_namespaces=True)
    names = sorted(one["name"] for one in named if one["namespace"] == NAMESPACE and one["name"].startswith(prefix))
    if not names:
        raise ValueError(prefix)
    return ray.get_actor(names[0], namespace=NAMESPACE)


def figures(prefix: str) -> dict[str, Any]:
    """What that actor tells of itself."""
    figures: dict[str, Any] = ray.get(actor(prefix).figures.remote(), timeout=60)
    return figures


def is_ready(*prefixes: str) -> bool:
    """Whether an actor of each of these names answers."""
    try:
        return all(figures(prefix) for prefix in prefixes)
    except (RayError, ValueError):
        return False


def wait(holds: Callable[[], bool], limit_s: float, why: Callable[[], str] = lambda: "it never came true") -> None:
    """Waits for what takes seconds; asks seldom, so that asking costs little. TimeoutError says why."""
    deadline_s = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > deadline_s:
            raise TimeoutError(why())
        time.sleep(0.25)

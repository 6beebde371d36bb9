"""What the interface for programs bears: platform facts at 200 a second over loopback, PostgreSQL on the disk.

The server runs in a process of its own, as `zhenyan serve` does. Calls are sent when they are due, whether or not
earlier ones were answered, and a call's time counts from when it was due. Beside it, at the same rate, a route that
does nothing, which is what HTTP and this machine cost by themselves.
"""

import asyncio
import math
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import uvicorn

from bench.ports import free_port
from bench.postgres import new_database, running_postgres
from review.db.engine import open_engine
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from review.streams.types import Host, ProductRef, StreamRecord
from review.tenants.types import Scope

Row = dict[str, object]
PER_SECOND = 200
_STREAMS = 50
_CONNECTIONS = 40
_SECONDS, _QUICK_SECONDS = 30, 2
_ROOT = Path(__file__).parents[1]


def run(quick: bool = False) -> list[Row]:
    """A row for each kind of call: how many were sent, answered and refused, and how long they took."""
    seconds = _QUICK_SECONDS if quick else _SECONDS
    with running_postgres(durable=True) as server, TemporaryDirectory() as folder:
        url = new_database(server, "api")
        token = _prepare(url)
        with _served(url, Path(folder)) as (address, process):
            headers = {"Authorization": f"Bearer {token}"}
            asyncio.run(_load(address, headers, "PUT facts", 1, 0))
            return [
                _with_cpu(process, lambda: asyncio.run(_load(address, headers, "GET healthz", seconds, 1))),
                _with_cpu(process, lambda: asyncio.run(_load(address, headers, "PUT facts", seconds, 1))),
                _with_cpu(process, lambda: asyncio.run(_closed(address, headers, seconds))),
            ]


def _with_cpu(process: int, measure: Callable[[], Row]) -> Row:
    """The row, and how long the server computed for each call: a figure that others on the machine disturb least."""
    before_s = _cpu_s(process)
    row = measure()
    return row | {"server_cpu_ms": round(1000 * (_cpu_s(process) - before_s) / int(str(row["sent"])), 2)}


def _cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _prepare(url: str) -> str:
    """Broadcasts to tell of, and the key."""
    stores = Stores.over(open_engine(url))
    for number in range(_STREAMS):
        stores.stream_writer.put_stream(
            StreamRecord(
                stream_id=f"s{number}",
                source="bench",
                host=Host(id=f"h{number}", name="host", platform="bench"),
                title="bench",
                started_at=datetime.now(UTC),
                products=(ProductRef(product_id="P-1", name="product"),),
            )
        )
    token = stores.keys.add("local", "bench", [Scope.FACTS_WRITE], "bench", per_minute=10_000_000).token
    stores.close()
    return token


@contextmanager
def _served(url: str, folder: Path) -> Iterator[tuple[str, int]]:
    """Address and process id of a server of its own."""
    port = free_port()
    command = [sys.executable, "-m", "bench.api", url, str(folder), str(port)]
    process = subprocess.Popen(command, cwd=_ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                httpx.get(f"{address}/healthz")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _serve(url: str, folder: str, port: str) -> None:
    stores = Stores.over(open_engine(url))
    app = create_app(stores, Path(folder), access=Access(auth=Auth.LOCAL))
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", timeout_graceful_shutdown=1)


def _call(what: str, number: int) -> tuple[str, str, dict[str, object] | None]:
    if what == "GET healthz":
        return "GET", "/healthz", None
    fact = {"at_ms": number, "kind": "sales", "product_id": "P-1", "value": number}
    return "PUT", f"/v1/streams/s{number % _STREAMS}/facts", fact


async def _load(address: str, headers: dict[str, str], what: str, seconds: int, series: int) -> Row:
    """Sends `PER_SECOND` calls a second, each when it is due, over connections of which each waits for its answer."""
    took_s: list[float] = []
    statuses: Counter[int] = Counter()
    loop = asyncio.get_running_loop()
    numbers = iter(range(PER_SECOND * seconds))
    begun = loop.time() + 0.1

    async def keep_sending() -> None:
        async with _connection(address, headers) as client:
            for number in numbers:
                due = begun + number / PER_SECOND
                await asyncio.sleep(max(0.0, due - loop.time()))
                statuses[await _send(client, *_call(what, series * 10_000_000 + number))] += 1
                took_s.append(loop.time() - due)

    await asyncio.gather(*(keep_sending() for _ in range(_CONNECTIONS)))
    return _row(f"{what}, {PER_SECOND} a second", took_s, statuses, loop.time() - begun)


async def _closed(address: str, headers: dict[str, str], seconds: int) -> Row:
    """As many as are answered, over 16 connections."""
    took_s: list[float] = []
    statuses: Counter[int] = Counter()
    loop = asyncio.get_running_loop()
    begun = loop.time()

    async def keep_sending(who: int) -> None:
        number = (who + 10) * 100_000_000
        async with _connection(address, headers) as client:
            while (sent := loop.time()) - begun < seconds:
                statuses[await _send(client, *_call("PUT facts", number))] += 1
                took_s.append(loop.time() - sent)
                number += 1

    await asyncio.gather(*(keep_sending(who) for who in range(16)))
    return _row("PUT facts, as many as 16 connections can", took_s, statuses, loop.time() - begun)


def _connection(address: str, headers: dict[str, str]) -> httpx.AsyncClient:
    # The server ends connections that were idle for 5 s.
    limits = httpx.Limits(max_connections=1, keepalive_expiry=3)
    # Without certificates, which take longer to load than hundreds of calls.
    return httpx.AsyncClient(base_url=address, headers=headers, timeout=60, limits=limits, verify=False)


async def _send(client: httpx.AsyncClient, method: str, path: str, body: dict[str, object] | None) -> int:
    """The answer's status; 0 where there was none."""
    try:
        return (await client.request(method, path, json=body)).status_code
    except httpx.TransportError:
        return 0


def _row(what: str, took_s: list[float], statuses: Counter[int], lasted_s: float) -> Row:
    ordered = sorted(took_s)

    def at(share: float) -> float:
        return round(1000 * ordered[max(0, math.ceil(share * len(ordered)) - 1)], 1)

    return {
        "calls": what,
        "sent": len(ordered),
        "a_second": round(len(ordered) / lasted_s, 1),
        "refused": sum(count for status, count in statuses.items() if not 200 <= status < 300),
        "p50_ms": at(0.5),
        "p95_ms": at(0.95),
        "p99_ms": at(0.99),
        "longest_ms": at(1),
    }


if __name__ == "__main__":
    _serve(*sys.argv[1:])

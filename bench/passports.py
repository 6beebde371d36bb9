"""100,000 passports into a running server, row by row answered, and how quickly others are answered meanwhile.

The server is `zhenyan serve` as packaged, in a process of its own with its processes that judge; the file is a table of
a seller, sent by `zhenyan passports import`. Beside it another customer asks four times a second for what a shop's
backend asks. Then the same file again, of which nothing is new.
"""

import json
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from bench.ports import free_port
from bench.postgres import new_database, running_postgres
from review.db.engine import open_engine
from review.stores import Stores
from review.tenants.types import Scope

Row = dict[str, object]
_ROWS, _QUICK_ROWS = 100_000, 400
_EVERY_S = 0.25
_READY_S = 300
_HEADS = (
    "商品编号,商品名称,类目,条码,品牌,别名,产地国,属性:输出功率(W),属性:电池容量(mAh),属性:适用标准(文本),"
    "证件:CCC,证件:CCC:有效期至,标价,七日最低价,图片"
)
_LINE = (
    "P-{n},移动电源{n},electronics/power_bank,,示例电,充电宝;随身充,CN,65,{mah},GB 4943.1-2022,"
    "2024010907123456,2029-04-30,129.9,99,https://shop.example.com/{n}.jpg"
)
_PROGRAM = "from cli.main import main; main()"
_WRONG_EVERY = 1_000


def run(quick: bool = False) -> list[Row]:
    """Rows by database: how long the import took and the same again, and how long others waited, by what they asked."""
    count = _QUICK_ROWS if quick else _ROWS
    with TemporaryDirectory() as folder:
        rows = _measured("sqlite", "", count, Path(folder))
    with running_postgres(durable=True) as server, TemporaryDirectory() as folder:
        return rows + _measured("postgresql", new_database(server, "passports"), count, Path(folder))


def _measured(database: str, url: str, count: int, folder: Path) -> list[Row]:
    stores = Stores.over(open_engine(url or f"sqlite:///{folder / 'zhenyan.db'}"))
    for tenant in ("seller", "other"):
        stores.keys.add_tenant(tenant, tenant, "bench")
    keys = {
        name: stores.keys.add(name, name, set(Scope), "bench", per_minute=1_000_000).token
        for name in ("seller", "other")
    }
    stores.close()
    file = folder / "goods.csv"
    with file.open("w", encoding="gb18030") as written:
        written.write(_HEADS + "\n")
        for number in range(count):
            mah = "10000kg" if number % _WRONG_EVERY == 7 else 5000 + number % 20_000
            written.write(_LINE.format(n=number, mah=mah) + "\n")
    rows: list[Row] = []
    with _served(url, folder, keys["other"]) as address, _Others(address, keys["other"]) as others:
        for what in ("new", "the same again"):
            rows.append(
                {"table": "import", "database": database, "rows": what} | _import(file, address, keys["seller"])
            )
            rows += [{"table": "others", "database": database, "during": what} | row for row in others.rows()]
    return rows


def _import(file: Path, address: str, key: str) -> Row:
    command = [sys.executable, "-c", _PROGRAM, "passports", "import", str(file), "--server", address, "--json"]
    started = time.perf_counter()
    ran = subprocess.run(command, env=os.environ | {"ZHENYAN_KEY": key}, capture_output=True, text=True, check=False)
    took_s = time.perf_counter() - started
    answers = [json.loads(line)["status"] for line in ran.stdout.splitlines()]
    counts: Row = {status: answers.count(status) for status in ("stored", "unchanged", "refused")}
    return {"answered": len(answers)} | counts | {"s": round(took_s, 1), "rows_per_s": round(len(answers) / took_s)}


class _Others:
    """Another customer's calls, one after another at their times, for as long as it is open."""

    def __init__(self, address: str, key: str) -> None:
        self._address = address
        self._headers = {"Authorization": f"Bearer {key}"}
        self._took_ms: dict[str, list[float]] = {}
        self._failed = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> "_Others":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._end.set()
        self._thread.join()

    def rows(self) -> list[Row]:
        """How long each kind of call took since the last time, and how many were not answered as they should."""
        took, self._took_ms = self._took_ms, {}
        rows: list[Row] = []
        for what, each in {"all": [ms for some in took.values() for ms in some], **took}.items():
            ordered = sorted(each)
            rows.append(
                {"call": what, "calls": len(each), "p50_ms": round(ordered[len(ordered) // 2], 1)}
                | {"p95_ms": round(ordered[math.ceil(0.95 * len(ordered)) - 1], 1), "max_ms": round(ordered[-1], 1)}
            )
        rows[0]["failed"], self._failed = self._failed, 0
        return rows

    def _ask(self) -> None:
        record = {"id": "S-1", "name": "蜂蜜", "category": "food/honey"}
        due = time.perf_counter()
        number = 0
        with httpx.Client(base_url=self._address, headers=self._headers, timeout=60) as client:
            while not self._end.wait(max(0.0, due - time.perf_counter())):
                calls = {
                    "PUT passport": ("PUT", "/v1/passports/S-1", record | {"brand": f"牌{number}"}),
                    "GET passport": ("GET", "/v1/passports/S-1", None),
                    "GET passports": ("GET", "/v1/passports", None),
                    "GET streams": ("GET", "/v1/streams", None),
                    "GET events": ("GET", "/v1/events", None),
                    "POST check": ("POST", "/v1/check", {"text": f"这款蜂蜜净含量{number % 900 + 100}克"}),
                }
                what, (method, path, body) = list(calls.items())[number % len(calls)]
                answer = client.request(method, path, json=body)
                number += 1
                self._failed += not answer.is_success
                self._took_ms.setdefault(what, []).append((time.perf_counter() - due) * 1000)
                due = max(due + _EVERY_S, time.perf_counter() - 1)


@contextmanager
def _served(url: str, folder: Path, key: str) -> Iterator[str]:
    port = free_port()
    settings = {"ZHENYAN_DATA_DIR": str(folder), "ZHENYAN_PORT": str(port)} | (
        {"ZHENYAN_DATABASE_URL": url} if url else {}
    )
    log = (folder / "serve.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, "serve"], env=os.environ | settings, stdout=log, stderr=log
    )
    address, headers = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {key}"}
    try:
        _wait_for(address, headers)
        yield address
    finally:
        process.terminate()
        process.wait(60)
        log.close()


def _wait_for(address: str, headers: dict[str, str]) -> None:
    """Until pages are served and a text is judged: loading what judges is no part of the figures."""
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        try:
            judged = httpx.post(f"{address}/v1/check", json={"text": "蜂蜜"}, headers=headers, timeout=_READY_S)
            if judged.is_success:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    raise TimeoutError(f"{address}: does not judge after {_READY_S} s")

"""What one caller can do to the others: the heaviest checks in a loop beside another customer's checks and the desk.

A real `zhenyan serve` is asked by a customer who sends the heaviest checks that are taken, oversized ones and many
small ones, from a process of its own, which stands back from the server as another machine would. Meanwhile, and
before it begins, another customer's small checks, the desk's first page and `/readyz` are timed, from when each is due.
"""

import asyncio
import json
import math
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import httpx
from rich.console import Console

from bench.ports import free_port
from cli.shell.benchmark_report import print_report, report_json
from review.accounts.types import Role
from review.db.engine import open_engine
from review.stores import Stores
from review.tenants.types import Scope

Row = dict[str, object]
_ROOT = Path(__file__).parents[1]
_SECONDS, _QUICK_SECONDS = 60, 4
_EVERY_S = 0.5
_MOST_S = 60.0
# What the attacker sends, each kind with a key of its own, and how many of it at once.
_SENDERS = {"heaviest": 4, "oversized": 2, "small": 60}
_AFTER_REFUSAL_S = 0.2
_CALM = "quiet"
_ATTACKED = "attacked"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Served:
    """A running server, the tokens of the attacker's keys and of the other customer, and a session of the desk."""

    address: str
    attacker: tuple[str, ...]
    other: str
    session: str


def run(quick: bool = False) -> list[Row]:
    """A row for each kind of call, first without the attack and then under it."""
    return measured(_ROOT, _QUICK_SECONDS if quick else _SECONDS)


@click.command(name="fairness")
@click.option("--program", type=click.Path(path_type=Path, file_okay=False), help="Another checkout, served instead.")
@click.option("--seconds", type=click.IntRange(1, 3_600), default=_SECONDS, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def command(program: Path | None, seconds: int, as_json: bool) -> None:
    """What one caller can do to the others of this program, or of another checkout of it."""
    rows = measured(_ROOT if program is None else program.absolute(), seconds)
    if as_json:
        click.echo(report_json("fairness", rows))
    else:
        print_report("fairness", rows, Console())


def measured(program: Path, seconds: int) -> list[Row]:
    """The rows, of the program that lies there."""
    with TemporaryDirectory() as folder, _serving(program, Path(folder)) as served:
        rows = asyncio.run(_others(served, seconds, _CALM))
        command = [sys.executable, "-m", "bench.fairness", served.address, *served.attacker]
        with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as attack:
            assert attack.stdin is not None
            assert attack.stdout is not None
            attack.stdout.readline()
            rows += asyncio.run(_others(served, seconds, _ATTACKED))
            attack.stdin.close()
            answers = json.loads(attack.stdout.readline())
        rows += [{"attack": what, "answers": answered} for what, answered in answers.items()]
    return rows


@contextmanager
def _serving(program: Path, folder: Path) -> Iterator[_Served]:
    port = free_port()
    url = f"sqlite:///{folder / 'zhenyan.db'}"
    environment = os.environ | {
        "PYTHONPATH": str(program),
        "ZHENYAN_DATA_DIR": str(folder),
        "ZHENYAN_DATABASE_URL": url,
        "ZHENYAN_AUTH": "local",
    }
    script = "from cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", script, "serve", "--port", str(port)], env=environment, cwd=folder
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _until(lambda: httpx.get(f"{address}/readyz", timeout=5).status_code == 200)
        stores = Stores.over(open_engine(url))
        tokens = []
        for tenant, keys in (("attacker", len(_SENDERS)), ("other", 1)):
            stores.keys.add_tenant(tenant, tenant, "bench")
            for _ in range(keys):
                key = stores.keys.add(tenant, tenant, [Scope.CHECK], "bench", per_minute=1_000_000)
                tokens.append(key.token)
        session = stores.people.log_in_known("bench", "desk", "desk", "", Role.SENIOR).token
        stores.close()
        served = _Served(address=address, attacker=tuple(tokens[:-1]), other=tokens[-1], session=session)
        # The first check of each kind waits for what is loaded.
        _until(lambda: _small_check(served).status_code == 200)
        yield served
    finally:
        process.terminate()
        process.wait(60)


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while True:
        try:
            if holds():
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError("the server did not answer within five minutes")
        time.sleep(0.1)


def _small_check(served: _Served) -> httpx.Response:
    headers = {"Authorization": f"Bearer {served.other}"}
    return httpx.post(f"{served.address}/v1/check", json=_check("全网最好的蜂蜜"), headers=headers, timeout=120)


def _check(text: str, *, attributes: int = 1) -> dict[str, object]:
    listed = [{"name": f"a{n}", "label": f"指标{n}", "value": n, "unit": "g"} for n in range(attributes)]
    passport = {"id": "P", "name": "蜂蜜", "category": "food/honey", "attributes": listed}
    return {"text": text, "passports": [passport], "at": "2026-11-24T20:00:00+08:00"}


async def _others(served: _Served, seconds: int, when: str) -> list[Row]:
    """What the other customer, the desk and a probe get meanwhile."""
    async with httpx.AsyncClient(base_url=served.address, timeout=_MOST_S, verify=False) as client:
        key = {"Authorization": f"Bearer {served.other}"}
        desk = {"Cookie": f"zhenyan={served.session}"}
        numbers = iter(range(1_000_000))

        def check() -> Coroutine[None, None, httpx.Response]:
            # Another text each time: what is read once is remembered.
            sent = _check(f"第{next(numbers)}款蜂蜜能治糖尿病，全网最低价。")
            return client.post("/v1/check", json=sent, headers=key)

        calls: dict[str, Callable[[], Coroutine[None, None, httpx.Response]]] = {
            "another customer's check": check,
            "the desk": lambda: client.get("/", headers=desk),
            "/readyz": lambda: client.get("/readyz"),
        }
        return list(await asyncio.gather(*(_timed(what, call, seconds, when) for what, call in calls.items())))


async def _timed(what: str, call: Callable[[], Coroutine[None, None, httpx.Response]], seconds: int, when: str) -> Row:
    """Calls twice a second, whether or not the earlier ones were answered."""
    took_s: list[float] = []
    failed: Counter[str] = Counter()

    async def one(due: float, loop: asyncio.AbstractEventLoop) -> None:
        await asyncio.sleep(due - loop.time())
        try:
            answer = await call()
            if answer.status_code != 200:
                failed[str(answer.status_code)] += 1
        except httpx.TransportError as error:
            failed[type(error).__name__] += 1
        took_s.append(loop.time() - due)

    loop = asyncio.get_running_loop()
    begun = loop.time() + _EVERY_S
    await asyncio.gather(*(one(begun + number * _EVERY_S, loop) for number in range(int(seconds / _EVERY_S))))
    ordered = sorted(took_s)
    at = {share: ordered[max(0, math.ceil(share * len(ordered)) - 1)] for share in (0.5, 0.95, 1.0)}
    row: Row = {"calls": what, "when": when, "sent": len(ordered), "failed": sum(failed.values())}
    return row | {
        "p50_ms": round(1000 * at[0.5]),
        "p95_ms": round(1000 * at[0.95]),
        "longest_ms": round(1000 * at[1.0]),
    }


async def _attack(address: str, *tokens: str) -> None:
    """Sends until standard input closes; then says how everything was answered."""
    answers: dict[str, Counter[str]] = {what: Counter() for what in _SENDERS}
    key_of = dict(zip(_SENDERS, tokens, strict=True))
    over = asyncio.Event()
    rng = random.Random(1)
    said = "".join(f"这款{rng.randint(1, 99_999)}号蜂蜜能让血糖慢慢降下来，全网最好。" for _ in range(4_000))
    bodies = {
        "heaviest": json.dumps(_check(said[:59_000], attributes=490), ensure_ascii=False).encode(),
        "oversized": json.dumps(_check(said[:59_000], attributes=20_000), ensure_ascii=False).encode(),
        "small": json.dumps(_check("这款蜂蜜能治糖尿病"), ensure_ascii=False).encode(),
    }

    async def keep_sending(what: str) -> None:
        headers = {"Authorization": f"Bearer {key_of[what]}", "Content-Type": "application/json"}
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=600, verify=False) as client:
            while not over.is_set():
                try:
                    status = (await client.post("/v1/check", content=bodies[what])).status_code
                    answers[what][str(status)] += 1
                except httpx.TransportError as error:
                    status = 0
                    answers[what][type(error).__name__] += 1
                if status != 200:
                    await asyncio.sleep(_AFTER_REFUSAL_S)

    senders = [asyncio.create_task(keep_sending(what)) for what, count in _SENDERS.items() for _ in range(count)]
    await asyncio.sleep(2)
    print("begun", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    over.set()
    for sender in senders:
        sender.cancel()
    await asyncio.gather(*senders, return_exceptions=True)
    print(json.dumps({what: dict(found) for what, found in answers.items()}), flush=True)


if __name__ == "__main__":
    os.nice(10)
    asyncio.run(_attack(*sys.argv[1:]))

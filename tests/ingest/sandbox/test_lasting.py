"""Children that last: forks of one process, each with files and an end of its own."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ingest.sandbox.lasting import start_fork
from ingest.sandbox.process import SandboxLimits, SandboxProcess
from ingest.sandbox.protocol import ChannelBroken
from tests.ingest.processes import is_gone, wait_until

LIMITS = SandboxLimits(memory_bytes=2_000_000_000, open_files=100, processes=64)


@pytest.fixture
def children(tmp_path: Path) -> Iterator[list[SandboxProcess]]:
    started = [start_fork("tests.ingest.sandbox.lasting_child", limits=LIMITS, folder=tmp_path) for _ in range(3)]
    yield started
    for child in started:
        child.end(0)


def told(child: SandboxProcess, do: str) -> Any:
    assert child.process.stdin is not None
    assert child.process.stdout is not None
    child.process.stdin.write(do.encode() + b"\n")
    child.process.stdin.flush()
    return json.loads(child.process.stdout.readline())


def test_each_is_a_process_of_its_own_and_all_have_one_parent(children: list[SandboxProcess], tmp_path: Path) -> None:
    said = [told(child, "who") for child in children]
    assert [who["pid"] for who in said] == [child.process.pid for child in children]
    assert len({who["pid"] for who in said}) == 3
    assert len({who["parent"] for who in said}) == 1
    assert {who["folder"] for who in said} == {str(tmp_path)}


def test_one_has_its_own_pipes_open_and_nothing_of_the_others(children: list[SandboxProcess]) -> None:
    pipes = [{name for name in told(child, "open") if name.startswith("pipe:")} for child in children]
    assert [len(own) for own in pipes] == [3, 3, 3]
    assert len(set.union(*pipes)) == 9


def test_one_ends_when_its_standard_input_does(children: list[SandboxProcess]) -> None:
    assert children[0].process.poll() is None
    assert children[0].end(10) == "exit status 0"
    assert children[0].process.poll() == 0
    assert told(children[1], "who")["pid"] == children[1].process.pid


@pytest.mark.parametrize(("do", "how"), [("die", "a memory fault"), ("fail", "exit status 1, ValueError: of no use")])
def test_how_one_ended_is_told_in_its_own_last_words(children: list[SandboxProcess], do: str, how: str) -> None:
    told(children[1], "complain")
    assert children[0].process.stdin is not None
    children[0].process.stdin.write(do.encode() + b"\n")
    assert children[0].end(10) == how
    assert children[1].end(10) == "exit status 0, it hurts"


def test_what_one_started_ends_with_it(children: list[SandboxProcess]) -> None:
    started = told(children[0], "start")
    os.kill(children[0].process.pid, signal.SIGSTOP)
    assert children[0].end(0.1) == "killed"
    wait_until(lambda: is_gone(started))


def test_one_that_runs_is_waited_for_no_longer_than_is_said(children: list[SandboxProcess]) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        children[0].process.wait(0.05)


def test_what_escaped_with_its_files_keeps_nobody_waiting(children: list[SandboxProcess]) -> None:
    told(children[0], "flee")
    assert children[0].end(10) == "exit status 0"


def test_all_end_with_the_process_that_forks_and_another_takes_its_place(
    children: list[SandboxProcess], tmp_path: Path
) -> None:
    parent = told(children[0], "who")["parent"]
    os.kill(parent, signal.SIGKILL)
    assert [child.end(10) for child in children] == ["killed"] * 3
    again = start_fork("tests.ingest.sandbox.lasting_child", limits=LIMITS, folder=tmp_path)
    try:
        assert told(again, "who")["parent"] != parent
    finally:
        again.end(0)


def test_many_start_at_once(tmp_path: Path) -> None:
    def start(_: int) -> tuple[int, int]:
        child = start_fork("tests.ingest.sandbox.lasting_child", limits=LIMITS, folder=tmp_path)
        try:
            return told(child, "who")["pid"], child.process.pid
        finally:
            child.end(10)

    with ThreadPoolExecutor(8) as pool:
        pids = list(pool.map(start, range(24)))
    assert all(said == known for said, known in pids)
    assert len({said for said, _ in pids}) == 24


def test_a_process_that_cannot_start_is_a_child_that_died(tmp_path: Path) -> None:
    with pytest.raises(ChannelBroken, match="exit status 1"):
        start_fork("tests.ingest.sandbox.no_such_child", limits=LIMITS, folder=tmp_path)


def test_one_that_fails_before_it_begins_harms_no_other(children: list[SandboxProcess], tmp_path: Path) -> None:
    with pytest.raises(ChannelBroken, match=r"exit status 1, FileNotFoundError.*nowhere"):
        start_fork("tests.ingest.sandbox.lasting_child", limits=LIMITS, folder=tmp_path / "nowhere")
    assert [told(child, "who")["pid"] for child in children] == [child.process.pid for child in children]


def test_no_open_file_is_left_of_those_that_ended(tmp_path: Path) -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def start_and_end() -> None:
        start_fork("tests.ingest.sandbox.lasting_child", limits=LIMITS, folder=tmp_path).end(10)

    start_and_end()
    before = open_files()
    for _ in range(5):
        start_and_end()
    assert open_files() == before

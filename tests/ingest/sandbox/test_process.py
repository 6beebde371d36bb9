"""What a child that parses media can see, use and know."""

import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.errors import SandboxUnavailable
from ingest.sandbox.process import (
    SandboxChoice,
    SandboxLimits,
    SandboxProcess,
    SandboxView,
    choose_sandbox,
    describe_sandbox,
    how_it_ended,
    start_sandbox,
)
from tests.ingest.processes import descendants, is_gone, parser_of, wait_until
from tests.system import bubblewrap

KINDS: list[SandboxChoice] = ["bubblewrap", "rlimits"]


@contextmanager
def decoding_child(sandbox: SandboxChoice, view: SandboxView | None = None) -> Iterator[tuple[SandboxProcess, int]]:
    """A child that waits for requests, and the process that will parse."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        box = start_sandbox(
            "ingest.decode.child",
            sandbox=sandbox,
            limits=SandboxLimits(),
            view=view or SandboxView(),
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
        )
        try:
            pid = parser_of(box.process.pid)
            wait_until(lambda: resource.prlimit(pid, resource.RLIMIT_CPU)[0] != resource.RLIM_INFINITY)
            yield box, pid
        finally:
            box.end(0.0)


@pytest.mark.parametrize("sandbox", KINDS)
def test_a_child_knows_no_secret_of_its_parent(sandbox: SandboxChoice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHENYAN_DATABASE_URL", "postgresql://user:hunter2@db/x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("HTTP_PROXY", "http://user:hunter2@proxy")
    with decoding_child(sandbox) as (box, _):
        for pid in descendants(box.process.pid):
            told = Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
            assert b"hunter2" not in told
            names = {entry.partition(b"=")[0] for entry in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")}
            assert not any(name.startswith((b"ZHENYAN", b"AWS", b"HTTP")) for name in names)


@pytest.mark.parametrize("sandbox", KINDS)
def test_a_child_is_limited(sandbox: SandboxChoice) -> None:
    limits = SandboxLimits()
    with decoding_child(sandbox) as (_, pid):
        for kind, most in (
            (resource.RLIMIT_AS, limits.memory_bytes),
            (resource.RLIMIT_FSIZE, limits.file_bytes),
            (resource.RLIMIT_NOFILE, limits.open_files),
            (resource.RLIMIT_NPROC, limits.processes),
            (resource.RLIMIT_CORE, 0),
        ):
            assert resource.prlimit(pid, kind) == (most, most)
        assert 0 < resource.prlimit(pid, resource.RLIMIT_CPU)[0] <= limits.cpu_s + 60
        status = Path(f"/proc/{pid}/status").read_text()
        assert "NoNewPrivs:\t1" in status
        assert os.getsid(pid) != os.getsid(0)


def test_under_bubblewrap_a_child_sees_what_it_is_shown_and_no_more(tmp_path: Path) -> None:
    bubblewrap()
    shown, hidden = tmp_path / "shown.mp4", tmp_path / "hidden.mp4"
    work = tmp_path / "work"
    work.mkdir()
    shown.touch(), hidden.touch()
    with decoding_child("bubblewrap", SandboxView(readable=(shown,), writable=work)) as (_, pid):
        root = Path(f"/proc/{pid}/root")
        assert (root / shown.relative_to("/")).exists()
        assert (root / work.relative_to("/")).is_dir()
        assert not (root / hidden.relative_to("/")).exists()
        assert not (root / "etc" / "passwd").exists()
        assert not (root / Path(__file__).relative_to("/")).exists()
        assert not (root / "home").exists()
        interfaces = Path(f"/proc/{pid}/net/dev").read_text().splitlines()[2:]
        assert [line.split(":")[0].strip() for line in interfaces] == ["lo"]
        mounts = [line.split() for line in Path(f"/proc/{pid}/mounts").read_text().splitlines()]
        writable = {place for _, place, kind, options, *_ in mounts if "rw" in options.split(",") and kind != "proc"}
        assert {place for place in writable if not place.startswith("/dev/")} == {str(work)}
        assert Path(f"/proc/{pid}/ns/pid").readlink() != Path("/proc/self/ns/pid").readlink()
        assert "CapEff:\t0000000000000000" in Path(f"/proc/{pid}/status").read_text()


@pytest.mark.parametrize("sandbox", KINDS)
def test_children_die_with_their_parent(sandbox: SandboxChoice) -> None:
    program = """
import os, socket, subprocess, sys
from ingest.sandbox.process import *
ours, theirs = socket.socketpair()
box = start_sandbox("ingest.decode.child", sandbox=sys.argv[1], limits=SandboxLimits(), view=SandboxView(),
                stdin=theirs.fileno(), stdout=subprocess.DEVNULL)
# Another holder of the other end: what ends the child is the parent's death, not the end of its input.
subprocess.Popen(["sleep", "60"], stdin=ours.fileno(), start_new_session=True, stdout=subprocess.DEVNULL)
print(box.process.pid, flush=True)
sys.stdin.read()
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", program, sandbox],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert parent.stdout is not None
    assert parent.stdin is not None
    held = int(parent.stdout.readline())
    parsing = parser_of(held)
    wait_until(lambda: resource.prlimit(parsing, resource.RLIMIT_CPU)[0] != resource.RLIM_INFINITY)
    sleeper = next(pid for pid in descendants(parent.pid) if Path(f"/proc/{pid}/comm").read_text() == "sleep\n")
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdin.close(), parent.stdout.close()
    try:
        wait_until(lambda: is_gone(held) and is_gone(parsing))
    finally:
        os.kill(sleeper, signal.SIGKILL)


def test_a_child_that_does_not_start_says_why() -> None:
    box = start_sandbox(
        "ingest.none_such",
        sandbox="rlimits",
        limits=SandboxLimits(),
        view=SandboxView(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    assert "No module named ingest.none_such" in box.end(30.0)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (-9, "killed"),
        (137, "killed"),
        (-24, "CPU time"),
        (152, "CPU time"),
        (139, "memory fault"),
        (3, "exit status 3"),
    ],
)
def test_an_end_is_told_in_words(status: int, words: str) -> None:
    assert words in how_it_ended(status, "")


def test_the_operator_is_told_what_holds_the_children() -> None:
    bubblewrap()
    assert choose_sandbox("auto") == choose_sandbox("bubblewrap") == "bubblewrap"
    assert "under bubblewrap" in describe_sandbox("auto")
    assert "rlimits alone (as the settings say)" in describe_sandbox("rlimits")


def test_bubblewrap_that_is_demanded_and_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh_probe: Callable[[], None]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    fresh_probe()
    with pytest.raises(SandboxUnavailable, match="bubblewrap is not installed"):
        choose_sandbox("bubblewrap")
    assert choose_sandbox("auto") == "rlimits"
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho no namespaces for you >&2\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    fresh_probe()
    with pytest.raises(SandboxUnavailable, match="no namespaces for you"):
        choose_sandbox("bubblewrap")
    assert "rlimits alone (bubblewrap does not work here" in describe_sandbox("auto")


@pytest.fixture
def fresh_probe() -> Iterator[Callable[[], None]]:
    """Forgets what is known of bubblewrap, now and after the test."""
    from ingest.sandbox import process as box

    yield box._why_no_bubblewrap.cache_clear
    box._why_no_bubblewrap.cache_clear()

"""SRT through the gateway: the bytes as they were sent, whatever their timestamps do."""

import os
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from bench.ports import free_port
from ingest.capture.srt import srt_file
from ingest.errors import ParserDied
from ingest.media.container import measure
from ingest.media.ffmpeg import find_ffmpeg
from ingest.types import EndPolicy
from net.guard import NetPolicy
from net.http import HttpLimits
from tests.ingest.servers import picture, srt_listener
from tests.ingest.support import record, run_ffmpeg

LIMITS = HttpLimits(connect_s=3, read_s=3)
LOOPBACK = NetPolicy.parse(["127.0.0.1"])
_PAYLOAD = 188 * 7


def test_a_jump_of_the_timestamps_is_passed_on_and_never_spliced(media: Path, tmp_path: Path) -> None:
    for start in ("6", "0"):
        run_ffmpeg("-ss", start, "-t", "4", "-i", media / "talk.mp4", "-c", "copy", "-copyts", tmp_path / f"{start}.ts")
    sent = (tmp_path / "6.ts").read_bytes() + (tmp_path / "0.ts").read_bytes()
    port = free_port(socket.SOCK_DGRAM)
    args = [str(find_ffmpeg()), "-v", "error", "-f", "data", "-i", "pipe:0", "-map", "0", "-c", "copy", "-f", "data"]
    sender = subprocess.Popen(
        [*args, f"srt://127.0.0.1:{port}?mode=listener"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    )

    def feed() -> None:
        assert sender.stdin is not None
        pace = threading.Event()
        for at in range(0, len(sent), _PAYLOAD):
            sender.stdin.write(sent[at : at + _PAYLOAD])
            sender.stdin.flush()
            pace.wait(3 * _PAYLOAD / len(sent))
        pace.wait(0.5)
        sender.stdin.close()

    feeding = threading.Thread(target=feed)
    feeding.start()
    try:
        end = EndPolicy(start_s=5, away_s=0)
        segments = record(f"srt://127.0.0.1:{port}", tmp_path / "out", LOOPBACK, end=end)
    finally:
        feeding.join()
        sender.kill()
        sender.wait()
    assert {s.epoch for s in segments} == {0, 1}
    starts = [next(s.source_start_ms for s in segments if s.epoch == epoch) for epoch in (0, 1)]
    assert starts == [round(measure(tmp_path / f"{start}.ts", "x").start_ms) for start in ("6", "0")]
    assert all(s.end_ms - s.start_ms < 3000 for s in segments)


def test_the_bytes_are_those_that_were_sent(tmp_path: Path) -> None:
    with srt_listener(picture()) as (url, _), srt_file(url, LOOPBACK, LIMITS, lambda: False) as file:
        content = b""
        while len(content) < 50_000:
            content += file.read(4096) or b""
    assert set(content[0 : len(content) // 188 * 188 : 188]) == {0x47}


def test_the_program_ends_with_its_reader() -> None:
    with srt_listener(picture()) as (url, _):
        with srt_file(url, LOOPBACK, LIMITS, lambda: False) as file:
            process = file.process
            assert process.poll() is None
        assert process.poll() is not None


def test_a_program_that_was_killed_is_told_from_a_sender_that_ended() -> None:
    with srt_listener(picture(seconds=1)) as (url, _), srt_file(url, LOOPBACK, LIMITS, lambda: False) as file:
        while file.read(4096):
            assert file.death() == ""
        assert file.death() == ""
    with srt_listener(picture()) as (url, _), srt_file(url, LOOPBACK, LIMITS, lambda: False) as file:
        file.process.kill()
        while file.read(4096):
            pass
        assert file.death() == "killed"


def test_a_program_that_is_killed_before_anything_came_says_nothing_of_the_sender() -> None:
    def kill_gateway() -> bool:
        own = os.getpid()
        for child in map(int, Path(f"/proc/{own}/task/{threading.get_native_id()}/children").read_text().split()):
            if b"srt://" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(child, signal.SIGKILL)
        return False

    url = f"srt://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    with pytest.raises(ParserDied, match="killed"), srt_file(url, LOOPBACK, LIMITS, kill_gateway):
        pass


def test_its_environment_holds_no_secrets() -> None:
    with srt_listener(picture()) as (url, _), srt_file(url, LOOPBACK, LIMITS, lambda: False) as file:
        environment = Path(f"/proc/{file.process.pid}/environ").read_bytes()
    assert [entry.partition(b"=")[0] for entry in environment.split(b"\0") if entry] == [b"PATH"]

"""Screening real media made with ffmpeg and spoken lines; the models run, so few tests do much each."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from cli.broadcast.play import LiveBroadcast, MediaServer
from review.stores import Stores
from review.streams.types import StreamRecord, StreamState
from tests.cli.support import AT, CHARGER, DEMO_PASSPORTS, HONEY, Answer, Call, modes, usual_umask
from tests.ingest.support import run_ffmpeg
from tests.material import DEMO_LINES

PICTURE = ("-f", "lavfi", "-i", "color=c=gray:size=320x240:rate=10")
CODECS = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-c:a", "aac", "-t", "10")
ZHENYAN = Path(sys.executable).with_name("zhenyan")


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a host who calls honey imported, the same without sound or picture, and what is no media."""
    folder = tmp_path_factory.mktemp("media")
    said = ("-i", DEMO_LINES / "d12.flac", "-i", DEMO_LINES / "d16.flac")
    lines = (*said, "-filter_complex", "[1][2]concat=n=2:v=0:a=1[a]")
    run_ffmpeg(*PICTURE, *lines, "-map", "0:v", "-map", "[a]", *CODECS, folder / "talk.mp4")
    run_ffmpeg("-i", folder / "talk.mp4", "-map", "0:v", "-c", "copy", "-t", "4", folder / "silent.mp4")
    run_ffmpeg("-i", DEMO_LINES / "d16.flac", "-c:a", "aac", folder / "sound.m4a")
    (folder / "notes.txt").write_text("这个蜂蜜是新西兰原装进口的\n", encoding="utf-8")
    (folder / "room.m3u8").write_text("#EXTM3U\n#EXTINF:2,\nfile:///etc/passwd\n")
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture
def screen(zhenyan: Call, models: Path, tmp_path: Path) -> Callable[..., Answer]:
    """Screens a source in one process against the demo's passports."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "models").symlink_to(models)

    def call(source: str | Path, *more: str | Path) -> Answer:
        return zhenyan("screen", source, "--passports", DEMO_PASSPORTS, "--at", AT, "--local", *more)

    return call


def streams(folder: Path) -> tuple[StreamRecord, ...]:
    stores = Stores.open(f"sqlite:///{folder / 'zhenyan.db'}")
    try:
        return stores.streams.newest()
    finally:
        stores.close()


def told(findings: list[dict[str, Any]]) -> list[tuple[str, str, str, int]]:
    return sorted((f["class"], f["verdict"], f["quote"], f["start_ms"]) for f in findings)


def test_a_file_gives_findings_clips_and_a_transcript(
    screen: Callable[..., Answer], zhenyan: Call, media: Path, tmp_path: Path
) -> None:
    answer = screen(media / "talk.mp4", "--clips", tmp_path / "clips", "--transcript", tmp_path / "heard.jsonl")
    assert (answer.status, answer.err) == (0, "zhenyan: coverage 100.0 % of 10 s\n")
    (origin,) = answer.findings
    assert (origin["class"], origin["verdict"], origin["product_id"]) == ("ORIGIN", "contradicted", HONEY)
    assert origin["models"]["asr"].startswith("whisper-base")
    with av.open(str(tmp_path / "clips" / f"{origin['finding_id']}.mp4")) as clip:
        assert clip.streams.video
        assert clip.streams.audio
    assert origin["clip"] == str(tmp_path / "clips" / f"{origin['finding_id']}.mp4")
    assert (tmp_path / "data" / "clips" / f"{origin['finding_id']}.mp4").is_file()
    (stream,) = streams(tmp_path / "data")
    assert stream.state is StreamState.ENDED
    assert modes(tmp_path / "data") <= {0o700, 0o600}
    asked_for = modes(tmp_path / "clips") | modes(tmp_path / "heard.jsonl")
    assert asked_for == {0o666 & ~usual_umask(), 0o777 & ~usual_umask()}
    heard = (tmp_path / "heard.jsonl").read_text(encoding="utf-8")
    again = zhenyan("check", "--passports", DEMO_PASSPORTS, "--at", AT, stdin=heard)
    assert [f["finding_id"] for f in again.findings] == [origin["finding_id"]]


def test_without_sound_the_screen_is_checked_and_said_so(screen: Callable[..., Answer], media: Path) -> None:
    answer = screen(media / "silent.mp4")
    assert (answer.status, answer.out) == (0, "")
    assert "silent.mp4: has no audio" in answer.err


def test_sound_alone_is_checked_and_said_so(screen: Callable[..., Answer], media: Path) -> None:
    answer = screen(media / "sound.m4a", "--products", HONEY)
    assert answer.status == 0
    assert [f["class"] for f in answer.findings] == ["ORIGIN"]
    assert "sound.m4a: has no video" in answer.err


@pytest.mark.service
def test_screening_stops_after_so_many_seconds(screen: Callable[..., Answer], media: Path, tmp_path: Path) -> None:
    answer = screen(media / "talk.mp4", "--max-seconds", "2.5")
    # What is heard of the first words, cut off, may be anything; of what came later nothing is told.
    assert answer.status == 0
    assert all(finding["end_ms"] < 6000 for finding in answer.findings)
    rows = [json.loads(row) for path in tmp_path.rglob("manifest.jsonl") for row in path.read_text().splitlines()]
    assert 0 < max(row["end_ms"] for row in rows if row["record"] == "segment") < 6000


@pytest.mark.service
def test_ray_finds_what_one_process_finds(
    screen: Callable[..., Answer], media: Path, models: Path, tmp_path: Path
) -> None:
    alone = screen(media / "talk.mp4")
    folder = tmp_path / "ray"
    folder.mkdir()
    (folder / "models").symlink_to(models)
    done = subprocess.run(
        [ZHENYAN, "screen", media / "talk.mp4", "--passports", DEMO_PASSPORTS, "--at", AT],
        env=os.environ | {"ZHENYAN_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "zhenyan: coverage 100.0 % of 10 s\n")
    assert told([json.loads(line) for line in done.stdout.splitlines()]) == told(alone.findings)
    assert [stream.state for stream in streams(folder)] == [StreamState.ENDED]


@pytest.mark.service
def test_a_polite_stop_keeps_what_was_recorded(media: Path, models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "models").symlink_to(models)
    with LiveBroadcast(media / "talk.mp4") as live:
        command = [
            str(ZHENYAN),
            "screen",
            live.url,
            "--passports",
            str(DEMO_PASSPORTS),
            "--local",
            "--allow-net",
            live.address,
        ]
        env = os.environ | {"ZHENYAN_DATA_DIR": str(folder)}
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            deadline = time.monotonic() + 60
            while not list(folder.glob("recordings/*/*.ts")):
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
            process.wait()
    assert (process.returncode, out, err) == (130, "", "zhenyan: interrupted\n")
    (stream,) = streams(folder)
    assert (stream.state, stream.error) == (StreamState.FAILED, "interrupted")
    assert list(folder.glob("recordings/*/manifest.jsonl"))


def test_wrong_calls_write_nothing(screen: Callable[..., Answer], media: Path, tmp_path: Path) -> None:
    talk = media / "talk.mp4"
    taken = tmp_path / "taken"
    taken.write_text("a file")
    settings = tmp_path / "settings.yaml"
    settings.write_text("thread: 2\n")
    calls: list[tuple[tuple[str | Path, ...], tuple[str, ...]]] = [
        ((tmp_path / "none.mp4",), ("none.mp4", "no such file")),
        ((media,), (str(media), "give a media file")),
        (("ftp://live.example.com/x.flv",), ("ftp://live.example.com/x.flv", "http and https")),
        (("file:///etc/passwd",), ("http and https",)),
        ((talk, "--products", "P-9"), ("'P-9'", "--products")),
        ((talk, "--facts", tmp_path / "none.jsonl"), ("none.jsonl",)),
        ((talk, "--allow-net", "http://127.0.0.1/"), ("--allow-net", "http://127.0.0.1/", "127.0.0.1:8080")),
        ((talk, "--clips", taken), ("--clips", str(taken))),
        ((talk, "--clips", taken / "clips"), ("--clips", str(taken / "clips"))),
        ((talk, "--transcript", tmp_path / "none" / "heard.jsonl"), ("--transcript", str(tmp_path / "none"))),
        ((talk, "--transcript", tmp_path), ("--transcript", str(tmp_path))),
        ((talk, "--config", settings), ("settings.yaml", "thread", "threads")),
        ((talk, "--max-seconds", "0"), ("--max-seconds",)),
        ((talk, "--policy", tmp_path), (str(tmp_path), "policy.yaml")),
    ]
    before = sorted(path.name for path in tmp_path.rglob("*") if "models" not in path.parts)
    for arguments, parts in calls:
        answer = screen(*arguments)
        assert answer.status == 2, arguments
        assert all(part in answer.complaint for part in parts), answer.complaint
    assert sorted(path.name for path in tmp_path.rglob("*") if "models" not in path.parts) == before


@pytest.mark.service
def test_sources_that_give_nothing_are_named_and_leave_no_empty_files(
    screen: Callable[..., Answer], media: Path, tmp_path: Path
) -> None:
    transcript = tmp_path / "heard.jsonl"
    with MediaServer(media) as server:
        calls: list[tuple[tuple[str | Path, ...], int, tuple[str, ...]]] = [
            ((media / "notes.txt",), 1, ("notes.txt", "not readable as media")),
            ((media / "room.m3u8",), 2, ("room.m3u8", "local playlist")),
            ((server.url("talk.mp4"),), 2, ("refused (address rule)", "--allow-net")),
            ((server.url("none.mp4"), "--allow-net", server.address), 1, ("none.mp4", "404")),
            ((server.url("notes.txt"), "--allow-net", server.address), 1, ("notes.txt", "not readable as media")),
            ((server.url("room.m3u8"), "--allow-net", server.address), 2, ("http and https",)),
        ]
        for arguments, status, parts in calls:
            answer = screen(*arguments, "--transcript", transcript)
            assert answer.status == status, arguments
            assert all(part in answer.complaint for part in parts), answer.complaint
        closed = server.url("talk.mp4"), server.address
    answer = screen(closed[0], "--allow-net", closed[1], "--transcript", transcript)
    assert answer.status == 1
    assert "the connection failed" in answer.complaint
    assert not transcript.exists()
    assert list((tmp_path / "data" / "recordings").iterdir()) == []
    assert {stream.state for stream in streams(tmp_path / "data")} == {StreamState.FAILED}


@pytest.mark.parametrize(
    ("name", "value", "parts"),
    [
        ("ZHENYAN_THREADS", "abc", ("ZHENYAN_THREADS", "valid integer")),
        ("ZHENYAN_THREAD", "1", ("ZHENYAN_THREAD", "unknown setting", "threads")),
        ("ZHENYAN_ALLOW_NET", "http://a/", ("http://a/",)),
        ("ZHENYAN_ASR_MODEL", "none-such", ("none-such",)),
        ("ZHENYAN_DATABASE_URL", "rubbish", ("database_url",)),
        ("ZHENYAN_DATA_DIR", "/dev/null/x", ("data_dir", "/dev/null/x")),
        ("ZHENYAN_POLICY_DIR", "/dev/null", ("/dev/null", "policy.yaml")),
    ],
)
def test_wrong_settings_are_named(
    screen: Callable[..., Answer],
    media: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    parts: tuple[str, ...],
) -> None:
    monkeypatch.setenv(name, value)
    answer = screen(media / "talk.mp4")
    assert answer.status == 2
    assert all(part in answer.complaint for part in parts), answer.complaint


def test_a_password_of_the_database_is_never_shown(
    screen: Callable[..., Answer], media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHENYAN_DATABASE_URL", "sqlite://user:hunter2@nowhere/x.db")
    answer = screen(media / "talk.mp4", "--products", CHARGER)
    assert answer.status == 2
    assert "hunter2" not in answer.complaint

"""What a capture tells of its broadcast: from a real origin, in a real child."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

import cluster.stages.capture
from cluster.stages.capture import CaptureStage
from cluster.types import ScreenJob
from ingest.types import EndPolicy, GapKind
from review.scheduling.decisions import Air
from tests.cli.support import AT
from tests.ingest.processes import wait_until
from tests.ingest.support import Origin, playlist


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for before a trouble counts."""
    monkeypatch.setattr(cluster.stages.capture, "_AWAY_S", 0.0)


@contextmanager
def capturing(origin: Origin, source: str, folder: Path, **more: bool) -> Iterator[CaptureStage]:
    job = ScreenJob(
        stream_id="s1",
        source=source,
        recording_dir=folder / "s1",
        passports_file=folder / "none.json",
        at=datetime.fromisoformat(AT),
        data_dir=folder,
        allow_net=(f"127.0.0.1:{origin.port}",),
        end=EndPolicy(start_s=60, away_s=60),
    )
    opened = CaptureStage(job, **more)
    try:
        yield opened
    finally:
        opened.stop()
        opened.join()


@pytest.fixture
def names(origin: Origin, hls: Path) -> list[str]:
    """The segments in a live playlist at `/live.m3u8`; `END` ends the broadcast."""
    origin.routes |= {f"/s{n}.ts": (hls / f"s{n}.ts").read_bytes() for n in range(6)}
    listed: list[str] = []
    origin.routes["/live.m3u8"] = lambda: playlist([n for n in listed if n != "END"], ended="END" in listed)
    return listed


def comes(capture: CaptureStage, air: Air) -> None:
    wait_until(lambda: capture.air is air, 60)


def test_an_address_that_answers_404_is_away_and_says_so(origin: Origin, tmp_path: Path) -> None:
    with capturing(origin, f"{origin.url}/none.m3u8?token=secret", tmp_path) as capture:
        comes(capture, Air.AWAY)
        assert capture.trouble is not None
        assert (capture.trouble.kind, capture.trouble.why) == (GapKind.NETWORK, "the server answered 404")
    assert capture.air is Air.UNSEEN, "whoever stops a capture that saw nothing has ended nothing"


def test_a_live_playlist_is_on_and_over_with_its_end(origin: Origin, names: list[str], tmp_path: Path) -> None:
    names += ["s0.ts", "s1.ts"]
    with capturing(origin, f"{origin.url}/live.m3u8", tmp_path) as capture:
        comes(capture, Air.ON)
        origin.routes.pop("/live.m3u8")
        comes(capture, Air.AWAY)
        assert capture.trouble is not None
        assert "404" in capture.trouble.why
        names += ["s2.ts", "END"]
        origin.routes["/live.m3u8"] = lambda: playlist([n for n in names if n != "END"], ended=True)
        comes(capture, Air.OVER)
        assert capture.recorded_ms() > 5_000


def test_what_is_given_back_is_not_over_and_what_is_stopped_is(
    origin: Origin, names: list[str], tmp_path: Path
) -> None:
    names += ["s0.ts", "s1.ts"]
    with capturing(origin, f"{origin.url}/live.m3u8", tmp_path) as capture:
        comes(capture, Air.ON)
        capture.stop()
        capture.join()
        assert capture.air is Air.UNSEEN
        capture.stop(for_good=True)
        assert capture.air is Air.OVER


def test_what_lies_there_from_before_is_no_sign_that_more_comes(
    origin: Origin, names: list[str], tmp_path: Path
) -> None:
    names += ["s0.ts", "s1.ts"]
    with capturing(origin, f"{origin.url}/live.m3u8", tmp_path) as capture:
        comes(capture, Air.ON)
    with capturing(origin, f"{origin.url}/live.m3u8", tmp_path) as again:
        assert again.recorded_ms() > 3_000
        assert again.air is Air.UNSEEN
        names.append("s2.ts")
        comes(again, Air.ON)


def test_a_file_waits_for_whoever_records_it(origin: Origin, media: Path, tmp_path: Path) -> None:
    with capturing(origin, str(media / "talk.mp4"), tmp_path) as capture:
        comes(capture, Air.OVER)
        assert capture.trouble is None


def test_of_what_is_whole_nothing_is_missed(origin: Origin, tmp_path: Path) -> None:
    with capturing(origin, f"{origin.url}/live.m3u8", tmp_path, records=False, is_whole=True) as capture:
        assert capture.air is Air.OVER
    with capturing(origin, f"{origin.url}/live.m3u8", tmp_path, records=False) as capture:
        assert capture.air is Air.UNSEEN

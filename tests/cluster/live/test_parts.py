"""Small parts of the service: wear, where to start, who is refused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cluster.errors import LeaseGone, StageLost, StateUnusable
from cluster.live.failures import NotOpen, answered
from cluster.live.load import RecyclingPolicy, memory_bytes
from cluster.live.remote_stages import checked
from cluster.live.resuming import is_complete, start_after
from cluster.live.types import Failure
from ingest.recording.manifest import Manifest
from ingest.types import Segment
from review.errors import LeaseLost, UnknownStreamError


def test_a_process_is_worn_by_age_or_by_memory() -> None:
    assert RecyclingPolicy(most_s=0, most_bytes=0).reason_to_recycle() is None
    assert RecyclingPolicy(most_s=3_600, most_bytes=memory_bytes() * 4).reason_to_recycle() is None
    assert "it ran for" in (RecyclingPolicy(most_s=1e-9, most_bytes=0).reason_to_recycle() or "")
    assert "MB" in (RecyclingPolicy(most_s=0, most_bytes=1).reason_to_recycle() or "")
    assert RecyclingPolicy(most_s=1e-9, most_bytes=1, least_s=3_600).reason_to_recycle() is None


@pytest.mark.parametrize(
    ("error", "raised", "is_fault"),
    [
        pytest.param(LeaseLost("s1", 3), LeaseGone, None, id="the lease is gone"),
        pytest.param(NotOpen("not given"), StageLost, False, id="a call of an earlier session"),
        pytest.param(StateUnusable("damaged"), StateUnusable, None, id="a checkpoint of no use"),
        pytest.param(UnknownStreamError("s1"), StageLost, True, id="an error of ours"),
        pytest.param(ZeroDivisionError("by zero"), StageLost, True, id="a fault"),
    ],
)
def test_errors_cross_processes_as_answers(error: Exception, raised: type[Exception], is_fault: bool | None) -> None:
    @answered
    def method() -> int:
        raise error

    answer = method()
    assert isinstance(answer, Failure)
    with pytest.raises(raised) as caught:
        checked(answer)
    if isinstance(caught.value, StageLost):
        assert caught.value.is_fault is is_fault
    assert checked(7) == 7


def _recorded(folder: Path, count: int, gone: int = 0) -> None:
    """So many segments of two seconds, of which the first `gone` were given up."""
    folder.mkdir()
    manifest = Manifest(folder)
    for number in range(count):
        segment = Segment(
            stream_id="s1",
            sequence=number,
            epoch=0,
            path=folder / f"{number:08d}.ts",
            start_ms=2_000 * number,
            end_ms=2_000 * (number + 1),
            source_start_ms=0,
            received_at_ms=0,
            byte_count=1,
            sha256="",
            chain_sha256="",
            gap_before_ms=0,
        )
        manifest.add_segment(replace(segment))
        if number >= gone:
            segment.path.write_bytes(b"x")


@pytest.mark.parametrize(
    ("count", "gone", "cursor", "expected"),
    [
        pytest.param(0, 0, None, -1, id="nothing is recorded"),
        pytest.param(10, 0, None, -1, id="nothing was analysed"),
        pytest.param(10, 0, 7, -1, id="short: all of it again"),
        pytest.param(400, 0, 350, 320, id="long: a minute before what was analysed last"),
        pytest.param(10, 4, 7, 3, id="from the first that is still there"),
        pytest.param(10, 8, 5, 5, id="what went unseen has to be told of"),
        pytest.param(10, 10, 5, 5, id="all of it is elsewhere"),
    ],
)
def test_where_a_broadcast_is_taken_up_without_a_checkpoint(
    tmp_path: Path, count: int, gone: int, cursor: int | None, expected: int
) -> None:
    _recorded(tmp_path / "rec", count, gone)
    assert start_after(tmp_path / "rec", cursor, 600_000) == expected


@pytest.mark.parametrize(
    ("reason", "over"), [("complete", True), ("vanished", True), ("limit", True), ("stopped", False)]
)
def test_what_was_recorded_to_its_end_is_not_captured_again(tmp_path: Path, reason: str, over: bool) -> None:
    _recorded(tmp_path / "rec", 2)
    assert not is_complete(tmp_path / "rec")
    Manifest(tmp_path / "rec").add_end(reason, None)
    assert is_complete(tmp_path / "rec") is over
    assert json.loads((tmp_path / "rec" / "manifest.jsonl").read_text().splitlines()[-1])["reason"] == reason

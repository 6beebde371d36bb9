"""Live HTTP-FLV: no length, publishers that restart, connections that end."""

from pathlib import Path

import pytest

from ingest.decode.decoder import SegmentDecoder
from ingest.recording.chain import verify_chain
from ingest.types import EndReason, Segment
from net.errors import UnreachableSource
from tests.ingest.support import Answer, Origin, record, run_ffmpeg

# Nine bytes of header and the four of the first back pointer.
_FLV_HEADER = 13


@pytest.fixture(scope="module")
def small(media: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Four seconds of another broadcast: other picture size, other codec parameters, times from zero."""
    path = tmp_path_factory.mktemp("small") / "small.flv"
    run_ffmpeg(
        *("-t", "4", "-i", media / "talk.mp4", "-vf", "scale=160:90", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-g", "50", "-c:a", "aac", "-ar", "22050", "-ac", "1", path),
    )
    return path.read_bytes()


def decoded_sizes(segments: list[Segment]) -> list[tuple[int, set[tuple[int, ...]], bool]]:
    decoder = SegmentDecoder()
    parts = [decoder.decode(segment) for segment in segments]
    return [(p.segment.epoch, {frame.image.shape for frame in p.frames}, bool(p.audio)) for p in parts]


def test_a_publisher_that_restarts_on_the_same_connection_is_a_new_epoch(
    origin: Origin, media: Path, small: bytes, tmp_path: Path
) -> None:
    answers = iter([[(media / "talk.flv").read_bytes(), small[_FLV_HEADER:]]])
    origin.routes["/live.flv"] = lambda: next(answers, 404)
    ends: list[EndReason] = []
    segments = record(f"{origin.url}/live.flv", tmp_path, origin.policy, on_end=ends.append)
    decoded = decoded_sizes(segments)
    assert {shape for epoch, shapes, _ in decoded if epoch == 0 for shape in shapes} == {(180, 320, 3)}
    assert {shape for epoch, shapes, _ in decoded if epoch == 1 for shape in shapes} == {(90, 160, 3)}
    assert all(audible for _, _, audible in decoded)
    assert max(epoch for epoch, _, _ in decoded) == 1
    assert ends == [EndReason.VANISHED]
    verify_chain(tmp_path)


def test_a_connection_that_ends_is_opened_again_as_a_new_epoch(
    origin: Origin, media: Path, small: bytes, tmp_path: Path
) -> None:
    answers: list[Answer] = [[(media / "talk.flv").read_bytes()[:200_000]], 503, [small]]
    origin.routes["/live.flv"] = lambda: answers.pop(0) if answers else 404
    segments = record(f"{origin.url}/live.flv", tmp_path, origin.policy)
    assert {s.epoch for s in segments} == {0, 1}
    assert [s.start_ms for s in segments] == sorted(s.start_ms for s in segments)
    assert decoded_sizes(segments)[-1][1:] == ({(90, 160, 3)}, True)


def test_a_live_source_that_never_gives_media_is_unreachable(origin: Origin, tmp_path: Path) -> None:
    origin.routes["/live.flv"] = 503
    with pytest.raises(UnreachableSource, match="answered 503"):
        record(f"{origin.url}/live.flv", tmp_path, origin.policy)


def test_a_finished_file_survives_a_lost_connection(origin: Origin, media: Path, tmp_path: Path) -> None:
    body = (media / "talk.flv").read_bytes()
    origin.cut_after = 100_000
    origin.routes["/show.flv"] = body
    segments = record(f"{origin.url}/show.flv", tmp_path / "http", origin.policy)
    whole = record(media / "talk.flv", tmp_path / "file")
    assert [s.sha256 for s in segments] == [s.sha256 for s in whole]
    assert origin.cut_after is None

"""Archives in a bucket of a real S3-compatible server."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import fsspec
import pytest

from cli.config.settings import load_settings
from cluster.batch.run import run_batch
from cluster.batch.sources import NoMedia, batch_sources
from cluster.batch.types import BatchJob, BatchSource, FileResult, FileState
from tests.cluster.batch.conftest import DEMO_PASSPORTS, cut_demo
from tests.review.evidence.s3 import BUCKET, KEY, SECRET, running_s3


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two short recordings; nothing is wrong in the second."""
    folder = tmp_path_factory.mktemp("november")
    (folder / "deep").mkdir()
    cut_demo(folder / "a.mp4", start_s=20, length_s=20)
    cut_demo(folder / "deep" / "b.mp4", start_s=40, length_s=20)
    return folder


@pytest.fixture
def bucket(tmp_path: Path, recordings: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A folder of a bucket with two recordings, and a note."""
    folder = tmp_path / "s3"
    folder.mkdir()
    with running_s3(folder) as url:
        values = {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
        values |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        files = fsspec.filesystem("s3", skip_instance_cache=True)
        files.mkdir(BUCKET)
        for name in ("a.mp4", "deep/b.mp4"):
            files.pipe(f"{BUCKET}/november/{name}", (recordings / name).read_bytes())
        files.pipe(f"{BUCKET}/november/notes.md", b"# notes")
        yield f"s3://{BUCKET}/november/"


def test_a_folder_of_a_bucket_gives_its_media(bucket: str) -> None:
    found = batch_sources([bucket], "h1")
    assert [source.name for source in found] == [f"{bucket}a.mp4", f"{bucket}deep/b.mp4"]
    with pytest.raises(NoMedia, match="december"):
        batch_sources([bucket.replace("november", "december")])


@pytest.mark.service
def test_a_bucket_gives_what_the_files_give_and_an_object_that_is_not_there_is_told_of(
    bucket: str, recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHENYAN_SEMANTIC", "off")
    names = ("a.mp4", "deep/b.mp4")
    of_files = _screened(tmp_path / "files", batch_sources([str(recordings / name) for name in names], "h1"))
    missing = f"{bucket}gone.mp4"
    of_objects = _screened(tmp_path / "objects", batch_sources([bucket, missing], "h1"))
    assert [result.state for result in of_files] == [FileState.DONE, FileState.DONE]
    assert [(result.name, result.state) for result in of_objects] == [
        (f"{bucket}a.mp4", FileState.DONE),
        (f"{bucket}deep/b.mp4", FileState.DONE),
        (missing, FileState.FAILED),
    ]
    assert "the store has no such object" in str(of_objects[2].error)
    assert KEY not in str(of_objects)
    for one, other in zip(of_files, of_objects, strict=False):
        assert (one.length_ms, one.flagged, one.noted) == (other.length_ms, other.flagged, other.noted)
        assert _found(tmp_path / "objects", other) == _found(tmp_path / "files", one)
    assert len(_found(tmp_path / "files", of_files[0])) == of_files[0].flagged > 0
    assert [json.loads(line)["state"] for line in (tmp_path / "objects" / "files.jsonl").read_text().splitlines()] == [
        "done",
        "done",
        "failed",
    ]


def _screened(out: Path, sources: Sequence[BatchSource]) -> tuple[FileResult, ...]:
    settings = load_settings()
    job = BatchJob(
        out=out,
        passports_file=DEMO_PASSPORTS,
        at=datetime.fromisoformat("2026-11-24T20:00:00+08:00"),
        data_dir=out,
        values=settings.job_values() | {"data_dir": out},
    )
    return run_batch(job, sources, workers=2)


_NAMED_BY_THE_BROADCAST = {"finding_id", "stream_id", "passage_ids", "witnesses", "clip"}


def _found(out: Path, result: FileResult) -> list[dict[str, Any]]:
    """What was found in the file, but for the ids that follow from what the broadcast is called."""
    rows = [json.loads(line) for line in (out / "findings.jsonl").read_text(encoding="utf-8").splitlines()]
    mine = [row for row in rows if row["stream_id"] == result.stream_id]
    return [{key: value for key, value in row.items() if key not in _NAMED_BY_THE_BROADCAST} for row in mine]

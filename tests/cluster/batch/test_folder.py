"""What is kept of a file between two runs, and what comes out at the end."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from claims.types import Passage
from cluster.batch.folder import END, FileWork, held, keep_job, write_results
from cluster.batch.types import WORK, BatchFolderTaken, BatchJob, FileResult, FileState
from tests.cluster.batch.conftest import DEMO_PASSPORTS
from tests.review.sample import FINDING


def words(number: int) -> Passage:
    return Passage(stream_id="s1", id=f"u{number}", start_ms=number * 1000, end_ms=number * 1000 + 900, text="好")


def job(out: Path, **changes: object) -> BatchJob:
    values: dict[str, object] = {
        "out": out,
        "passports_file": DEMO_PASSPORTS,
        "at": datetime.fromisoformat("2026-11-24T20:00:00+08:00"),
        "data_dir": out,
        "values": {"asr_model": "base"},
    }
    return BatchJob(**(values | changes))  # type: ignore[arg-type]


def test_segments_after_the_checkpoint_are_forgotten_and_half_a_line_with_them(tmp_path: Path) -> None:
    work = FileWork(tmp_path)
    for number in range(4):
        work.add(number, [words(number)], [])
    work.add(END, [words(9)], [])
    with (tmp_path / "segments.jsonl").open("a") as file:
        file.write('{"n": 4, "passa')
    assert len(work.passages()) == 5
    work.begin_after(1)
    assert [passage["id"] for passage in work.passages()] == ["u0", "u1"]
    work.begin_after(-1)
    assert work.passages() == []


def test_a_finding_that_was_told_again_is_one_with_its_later_record(tmp_path: Path) -> None:
    work = FileWork(tmp_path / WORK / "w1")
    work.add(0, [words(0)], [FINDING])
    work.add(END, [], [replace(FINDING, count=2)])
    done = FileResult(name="a.mp4", host_id="h1", state=FileState.DONE, work="w1", stream_id="s1", flagged=1)
    failed = FileResult(name="b.mp4", host_id="h1", state=FileState.FAILED, error="not readable")
    work.finish(done)
    assert work.result == done
    write_results(tmp_path, [done, failed])
    [finding] = [json.loads(line) for line in (tmp_path / "findings.jsonl").read_text().splitlines()]
    assert finding["count"] == 2
    files = [json.loads(line) for line in (tmp_path / "files.jsonl").read_text().splitlines()]
    assert [(f["file"], f["state"], f.get("error")) for f in files] == [
        ("a.mp4", "done", None),
        ("b.mp4", "failed", "not readable"),
    ]


def test_a_folder_takes_no_second_batch_and_none_that_judges_by_something_else(tmp_path: Path) -> None:
    keep_job(job(tmp_path))
    keep_job(job(tmp_path))
    with pytest.raises(BatchFolderTaken, match="other products, at"):
        keep_job(job(tmp_path, products=("P-1",), at=datetime.fromisoformat("2026-11-25T20:00:00+08:00")))
    with (
        held(tmp_path / WORK, "is in work"),
        pytest.raises(BatchFolderTaken, match="is in work"),
        held(tmp_path / WORK, "is in work"),
    ):
        pass
    with held(tmp_path / WORK, "is in work"):
        pass

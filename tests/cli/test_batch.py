"""`zhenyan batch`: what is told of files, and calls that are wrong. Whole batches are tried in tests/cluster/batch."""

import json
from pathlib import Path

import pytest

from tests.cli.support import DEMO_PASSPORTS, Call, modes, usual_umask


@pytest.fixture(autouse=True)
def _rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHENYAN_SEMANTIC", "off")


@pytest.fixture
def junk(tmp_path: Path) -> Path:
    """A folder of files that are no media, two of them the same."""
    folder = tmp_path / "host-1"
    folder.mkdir()
    for name, content in (("a.mp4", "junk"), ("b.mp4", "junk"), ("c.mkv", "other junk")):
        (folder / name).write_text(content)
    return folder


def test_files_that_cannot_be_screened_are_told_of_each_and_the_report_is_there(
    zhenyan: Call, junk: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    answer = zhenyan("batch", junk, "--passports", DEMO_PASSPORTS, "--out", out, "--workers", "1")
    assert answer.status == 1
    lines = answer.err.splitlines()
    assert len([line for line in lines if "not readable as media" in line]) == 3
    assert lines[-1] == "zhenyan: 3 of 3 files could not be screened"
    assert answer.out.startswith("0 of 3 files screened")
    files = [json.loads(line) for line in (out / "files.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(file["state"], file["host_id"]) for file in files] == [("failed", "host-1")] * 3
    assert (out / "findings.jsonl").read_text() == ""
    assert {path.stat().st_mode & 0o777 for path in out.glob("[!.]*")} == {0o666 & ~usual_umask()}
    assert out.stat().st_mode & 0o777 == 0o777 & ~usual_umask()
    assert modes(tmp_path / "data") <= {0o700, 0o600}
    assert "not readable as media" in (out / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere.mp4"], "nowhere.mp4"),
        (["."], "holds no media file"),
        (["gopher://x/a.mp4"], "gopher"),
        (["a.mp4", "--facts", "f.jsonl"], "--facts"),
        (["a.mp4", "--products", "P-404"], "P-404"),
        (["a.mp4", "--allow-net", "::"], "--allow-net"),
        (["a.mp4", "--workers", "0"], "--workers"),
    ],
)
def test_a_wrong_call_is_one_line_and_begins_nothing(
    zhenyan: Call, tmp_path: Path, arguments: list[str], told: str
) -> None:
    if arguments[0] == "a.mp4":
        (tmp_path / "a.mp4").touch()
    answer = zhenyan("batch", *arguments, "--passports", DEMO_PASSPORTS, "--out", tmp_path / "out")
    assert answer.status == 2
    assert told in answer.complaint
    assert not (tmp_path / "out" / ".work").exists()


@pytest.mark.service
def test_a_folder_of_another_batch_is_refused(zhenyan: Call, junk: Path, tmp_path: Path) -> None:
    call = ("batch", junk, "--passports", DEMO_PASSPORTS, "--out", tmp_path / "out", "--workers", "1")
    moment = "2026-11-24T20:00:00+08:00"
    assert zhenyan(*call, "--at", moment).status == 1
    assert zhenyan(*call).status == 1, "without a moment it is the one of the first call"
    answer = zhenyan(*call, "--at", "2026-11-25T20:00:00+08:00")
    assert answer.status == 2
    assert "holds a batch with other at" in answer.complaint

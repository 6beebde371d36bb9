"""Logs as JSON lines, with what they are about."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cluster.logs import about, about_what, write_logs

log = logging.getLogger("zhenyan.test")


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """The handlers and the level as they were, afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers, root.level = handlers, level


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_warnings_go_to_standard_error_as_well(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_logs(tmp_path / "logs", "serve-1", beside=True)
    log.info("quiet")
    log.warning("loud")
    assert "loud" in (shown := capfd.readouterr().err)
    assert "quiet" not in shown
    assert [line["event"] for line in lines(tmp_path / "logs" / "serve-1.jsonl")] == ["quiet", "loud"]


def test_a_line_says_of_what_it_tells(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", "shard-1")
    with about(stream_id="s1", sequence=7):
        log.warning("lost %d frames of 直播", 3)
    log.info("granted", extra={"worker_id": "w1"})
    first, second = lines(tmp_path / "logs" / "shard-1.jsonl")
    assert first["event"] == "lost 3 frames of 直播"
    assert (first["stream_id"], first["sequence"], first["level"]) == ("s1", 7, "warning")
    assert first["logger"] == "zhenyan.test"
    assert first["timestamp"].endswith("Z")
    assert (second["event"], second["worker_id"]) == ("granted", "w1")
    assert "stream_id" not in second


def test_what_a_line_is_about_can_be_handed_to_whoever_works_elsewhere(tmp_path: Path) -> None:
    write_logs(tmp_path, "reading-1")
    with about(stream_id="s1"), about(sequence=7):
        handed = about_what()
    log.info("nobody is told of")
    with about(**handed):
        log.info("read")
    first, second = lines(tmp_path / "reading-1.jsonl")
    assert "stream_id" not in first
    assert (second["stream_id"], second["sequence"]) == ("s1", 7)


def test_an_error_is_one_line_with_its_stack(tmp_path: Path) -> None:
    write_logs(tmp_path, "dispatcher")
    try:
        raise ValueError("broken\nin two")
    except ValueError:
        log.exception("a round failed")
    (line,) = lines(tmp_path / "dispatcher.jsonl")
    assert line["level"] == "error"
    assert "ValueError: broken" in line["exception"]


def test_a_process_that_comes_back_goes_on_in_the_same_file(tmp_path: Path) -> None:
    for text in ("before", "after"):
        write_logs(tmp_path, "shard-1")
        log.info(text)
    assert [line["event"] for line in lines(tmp_path / "shard-1.jsonl")] == ["before", "after"]

"""What tests need is in the checkout; what the machine lacks is told, and never passed over where all must run."""

import csv
from pathlib import Path

import pytest

from cli.broadcast.script import read_script
from tests.material import DEMO_LINES, DEMO_SCRIPT, SPEECH, beside
from tests.system import lacking, program


def test_every_spoken_line_has_its_sound() -> None:
    with (SPEECH / "texts.tsv").open(encoding="utf-8", newline="") as table:
        spoken = {row["file"] for row in csv.DictReader(table, delimiter="\t")}
    assert spoken == {path.name for path in SPEECH.glob("*.flac")}
    assert {line.audio for line in read_script(DEMO_SCRIPT).lines} == {path.name for path in DEMO_LINES.glob("*.flac")}


@pytest.mark.parametrize("given", [SPEECH, DEMO_LINES], ids=["speech", "demo"])
def test_the_sounds_are_those_that_lie_beside(given: Path) -> None:
    """Else a bench there and a test here would hear different lines under one name."""
    other = beside("media") / given.name
    for path in given.iterdir():
        assert path.read_bytes() == (other / path.name).read_bytes(), path.name


def test_what_lies_beside_no_checkout_is_skipped_by_name() -> None:
    with pytest.raises(pytest.skip.Exception, match="no-such-folder is not beside this checkout"):
        beside("no-such-folder")


def test_what_the_machine_lacks_is_skipped_and_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TESTS_SKIP_NOTHING", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-program: not on this machine; `make system`"):
        program("no-such-program")


def test_where_nothing_may_be_skipped_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTS_SKIP_NOTHING", "1")
    with pytest.raises(pytest.fail.Exception, match="Chinese fonts"):
        lacking("Chinese fonts")

"""Who may read what is written: the data folder's owner alone, and whoever the caller's umask lets read the rest."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.shell.folders import make_data_folder
from tests.cli.support import Call, modes

ZHENYAN = Path(sys.executable).with_name("zhenyan")


@pytest.fixture(params=[0o022, 0o027, 0o002, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """The umask of whoever calls."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_what_is_kept_is_its_owners_and_what_was_asked_for_is_as_the_umask_says(
    zhenyan: Call, tmp_path: Path, umask: int
) -> None:
    assert zhenyan("keys", "tenant", "acme").status == 0
    assert zhenyan("evidence", "keys", "--rotate").status == 0
    assert modes(tmp_path / "data") == {0o700, 0o600}
    assert zhenyan("demo", "--files", tmp_path / "new" / "demo").status == 0
    assert zhenyan("audit", "export", tmp_path / "audit.jsonl").status == 0
    asked_for = modes(tmp_path / "new") | modes(tmp_path / "audit.jsonl")
    assert asked_for == {0o777 & ~umask, 0o666 & ~umask}
    assert modes(tmp_path / "data") == {0o700, 0o600}
    assert os.umask(umask) == umask, "the caller has their own again"


def test_a_process_of_its_own_keeps_to_its_owner_whatever_it_was_given(tmp_path: Path) -> None:
    environment = os.environ | {"ZHENYAN_DATA_DIR": str(tmp_path / "data")}
    subprocess.run([ZHENYAN, "keys", "tenant", "acme"], env=environment, umask=0, check=True, capture_output=True)
    assert modes(tmp_path / "data") == {0o700, 0o600}


def test_a_file_that_was_there_keeps_its_mode(zhenyan: Call, tmp_path: Path) -> None:
    zhenyan("keys", "tenant", "acme")
    target = tmp_path / "audit.jsonl"
    target.touch(mode=0o600)
    assert zhenyan("audit", "export", target).status == 0
    assert modes(target) == {0o600}


def _database(folder: Path) -> None:
    (folder / "zhenyan.db").touch()
    (folder / "backup-of-ours.tar").touch()


def _recordings(folder: Path) -> None:
    (folder / "recordings").mkdir()


def _models(folder: Path) -> None:
    (folder / "models").mkdir()


def _others_things(folder: Path) -> None:
    (folder / "thesis.odt").touch()


def _nothing(folder: Path) -> None:
    assert folder.is_dir()


@pytest.mark.parametrize(
    ("fill", "mode", "told"),
    [
        (_database, 0o700, "was open to others (0755) and is closed to them now"),
        (_recordings, 0o700, "was open to others (0755) and is closed to them now"),
        (_models, 0o700, ""),
        (_nothing, 0o700, ""),
        (_others_things, 0o755, "is open to others (0755); close it: chmod -R go= "),
    ],
)
def test_an_open_data_folder_is_closed_if_it_is_ours_and_told_of_if_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fill: Callable[[Path], None], mode: int, told: str
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    fill(folder)
    folder.chmod(0o755)
    make_data_folder(folder)
    error = capsys.readouterr().err
    assert told in error
    assert bool(error) == bool(told)
    assert folder.stat().st_mode & 0o777 == mode


def test_a_folder_of_somebody_else_is_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    make_data_folder(folder)
    assert "is open to others" in capsys.readouterr().err
    assert folder.stat().st_mode & 0o777 == 0o755

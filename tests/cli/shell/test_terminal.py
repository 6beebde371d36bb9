"""Names and words from outside, as a terminal gets them: nothing in them acts on it, and JSON says what they were."""

import json
import logging
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.progress import Progress, TextColumn
from rich.table import Table

from cli.shell.tables import open_console
from cli.shell.terminal import escaped, guarded_output, on_one_line
from review.stores import Stores
from review.streams.types import Host, StreamRecord, StreamState
from tests.cli.support import DEMO_PASSPORTS, Call, passage

ZHENYAN = Path(sys.executable).with_name("zhenyan")
# Clears the screen, twice; sets the title; turns the direction of writing; styles by markup; names a picture.
HOSTILE = "小岚\x1b[2J\x9b2J\x1b]0;owned\x07\u202e\u2066[bold red]x[/bold red][/]:smile:\x7f\r\x08"
ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@given(st.text(alphabet=st.characters()))
def test_nothing_that_acts_is_left_and_json_says_the_same(text: str) -> None:
    assert not ACTS.search(escaped(text))
    record = json.dumps({text: [text]}, ensure_ascii=False)
    assert json.loads(escaped(record)) == {text: [text]}
    escaped(record).encode()


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])))
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert escaped(text + "\n\t") == text + "\n\t"


def test_a_message_is_one_line() -> None:
    assert on_one_line("a\nzhenyan: all is well\u2028b") == "a zhenyan: all is well b"


def _stored(folder: Path) -> None:
    folder.mkdir()
    stores = Stores.open(f"sqlite:///{folder / 'zhenyan.db'}")
    stores.keys.add_tenant("acme", HOSTILE, "test")
    host = Host(id="h1", name=HOSTILE, platform="demo")
    stores.stream_writer.put_stream(
        StreamRecord(stream_id="s1", source="x.mp4", host=host, title="x", started_at=None, state=StreamState.LIVE)
    )
    stores.close()


def _files(folder: Path) -> None:
    charger = {"id": "P-1", "name": HOSTILE, "category": "electronics/charger"}
    (folder / "p.json").write_text(json.dumps([charger]), encoding="utf-8")
    (folder / HOSTILE.replace("/", "")).mkdir()
    (folder / HOSTILE.replace("/", "") / "a.mp4").write_text("junk")


CALLS = {
    "table": ("keys", "tenants"),
    "view": ("top", "--once"),
    "json": ("keys", "tenants", "--json"),
    "explanation": ("policy", "explain", HOSTILE),
    "no such class": ("policy", "show", HOSTILE),
    "no such file": ("screen", HOSTILE, "--passports", "p.json"),
    "no such command": (HOSTILE,),
    "files": ("batch", ".", "--passports", str(DEMO_PASSPORTS), "--out", "out", "--workers", "1"),
    "passports": ("passports", "import", "p.json"),
    "findings": ("check", "--passports", str(DEMO_PASSPORTS), "--all"),
    "no such case": ("evidence", "pack", HOSTILE, "--out", "packs"),
    "no such pack": ("evidence", "verify", HOSTILE),
}


@pytest.mark.parametrize("name", CALLS)
def test_no_command_lets_a_name_act(zhenyan: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("ZHENYAN_SEMANTIC", "off")
    _stored(tmp_path / "data")
    _files(tmp_path)
    answer = zhenyan(*CALLS[name], stdin=passage(f"全网最好的充电头{HOSTILE}"))
    said = answer.out + answer.err
    assert said
    assert not ACTS.search(said)
    assert ":smile:" in said or name in {"no such class", "findings"} or "😄" not in said


def test_json_on_standard_output_says_what_was_given(zhenyan: Call, tmp_path: Path) -> None:
    _stored(tmp_path / "data")
    rows = [json.loads(line) for line in zhenyan("keys", "tenants", "--json").out.splitlines()]
    assert {"tenant": "acme", "name": HOSTILE} in rows


def _on_a_terminal(*arguments: str, folder: Path) -> str:
    """What a real terminal gets of a command."""
    ours, its = pty.openpty()
    environment = os.environ | {"ZHENYAN_DATA_DIR": str(folder), "TERM": "xterm-256color", "COLUMNS": "200"}
    with subprocess.Popen([ZHENYAN, *arguments], stdin=its, stdout=its, stderr=its, env=environment) as process:
        os.close(its)
        got = b""
        while True:
            try:
                piece = os.read(ours, 1 << 16)
            except OSError:  # Linux's end of a terminal that nobody holds any more
                break
            if not piece:
                break
            got += piece
        process.wait()
    os.close(ours)
    return got.decode()


def test_a_real_terminal_gets_our_styles_and_nothing_of_a_names(tmp_path: Path) -> None:
    _stored(tmp_path / "data")
    shown = _on_a_terminal("keys", "tenants", folder=tmp_path / "data")
    assert "\x1b[1m" in shown, "our own styles pass"
    assert "\\u001b[2J\\u009b2J" in shown
    assert "[bold red]x[/bold red][/]:smile:" in shown
    assert not ACTS.search(re.sub(r"\x1b\[[0-9;]*m|\r\n", "", shown))


def test_progress_and_tables_escape_what_they_are_given(capsys: pytest.CaptureFixture[str]) -> None:
    console = open_console()
    table = Table("name", title=HOSTILE)
    table.add_row(HOSTILE)
    console.print(table)
    console.print(HOSTILE, style="yellow")
    with Progress(TextColumn("{task.description}", markup=False), console=console) as bars:
        bars.add_task(HOSTILE, total=1)
    said = capsys.readouterr().out
    assert said.count("\\u001b[2J\\u009b2J") >= 3
    assert "[bold red]" in said
    assert not ACTS.search(said)


def test_a_failure_that_nobody_foresaw_and_a_line_of_the_log_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        own = logging.StreamHandler()
        log.addHandler(own)
        log.error(HOSTILE)
        log.removeHandler(own)
        raise RuntimeError(HOSTILE)

    log = logging.getLogger("tests.terminal")
    with pytest.raises(SystemExit) as ended, guarded_output():
        fail()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "RuntimeError" in said
    assert said.count("\\u001b[2J") == 2
    assert not ACTS.search(said)


def test_streams_that_write_ascii_alone_are_guarded_too(tmp_path: Path) -> None:
    _stored(tmp_path / "data")
    environment = os.environ | {"ZHENYAN_DATA_DIR": str(tmp_path / "data"), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([ZHENYAN, "keys", "tenants", "--json"], env=environment, capture_output=True, check=True)
    assert not ACTS.search(done.stdout.decode())
    assert HOSTILE in {json.loads(line)["name"] for line in done.stdout.decode().splitlines()}

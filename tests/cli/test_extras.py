"""What works with the package alone, without any extra, and what says which extras it needs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import COMMANDS
from tests.cli.few_packages import ROOT
from tests.cli.support import AT, CHARGER, DEMO_PASSPORTS, Answer, passage

pytestmark = pytest.mark.service

BOTH = "worker,server"
_BARE = {"check", "policy", "passports", "bench", "size"}
_INSTALL = "pip install 'zhenyan[worker,server]'"
_HELPS = """
import json, sys
from click.testing import CliRunner
from tests.cli.few_packages import only
only(filter(None, sys.argv[1].split(",")))
from cli.main import COMMANDS, group
answers = {name: CliRunner().invoke(group, [name, "--help"], prog_name="zhenyan") for name in COMMANDS}
print(json.dumps({name: (answer.exit_code, answer.output) for name, answer in answers.items()}))
"""


def zhenyan(*arguments: str | Path, extras: str = "", folder: Path, stdin: str = "") -> Answer:
    """Runs `zhenyan` in a process in which nothing but the base dependencies and these extras can be imported."""
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("few_packages.py"), extras, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "ZHENYAN_DATA_DIR": str(folder / "data")},
    )
    return Answer(status=done.returncode, out=done.stdout, err=done.stderr)


def test_check_alone_judges_by_its_rules_and_says_so_once(tmp_path: Path) -> None:
    said = passage("这款总功率一百瓦。") + passage("这是全网最好的充电头。", id="u2", start_ms=4000)
    options = ("--passports", DEMO_PASSPORTS, "--products", CHARGER, "--at", AT)
    answer = zhenyan("check", *options, folder=tmp_path, stdin=said)
    assert answer.status == 0, answer.err
    assert {"SPEC_PARAM", "ABS_SUPERLATIVE"} <= {finding["class"] for finding in answer.findings}
    (line,) = answer.err.splitlines()
    assert "numpy" in line
    assert "install zhenyan[worker]" in line
    assert line.endswith("until then only the rules judge")


def test_check_alone_names_the_product_by_its_sound(tmp_path: Path) -> None:
    file = tmp_path / "passports.json"
    file.write_text(json.dumps([{"id": "P-1", "name": "桑葚芦根速溶饮", "category": "food"}]), encoding="utf-8")
    said = passage("这款商人路根速溶饮能治糖尿病")
    answer = zhenyan("check", "--passports", file, "--at", AT, folder=tmp_path, stdin=said)
    assert answer.status == 0, answer.err
    assert {finding["product_id"] for finding in answer.findings} == {"P-1"}


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        pytest.param(("policy", "explain", "全网最好的充电头", "--at", AT), "ABS_SUPERLATIVE", id="explain"),
        pytest.param(("policy", "validate", "--json"), '"digest"', id="validate"),
        pytest.param(("policy", "show"), "SPEC_PARAM", id="show"),
        pytest.param(("passports", "import", str(DEMO_PASSPORTS), "--json"), "洋槐蜜", id="passports"),
        pytest.param(("bench",), "calibration", id="the list of benchmarks"),
    ],
)
def test_what_is_about_text_works_alone(arguments: tuple[str, ...], shown: str, tmp_path: Path) -> None:
    answer = zhenyan(*arguments, folder=tmp_path)
    assert answer.status == 0, answer.err
    assert shown in answer.out


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("serve",), id="serve"),
        pytest.param(("worker", "--config", "none.yaml"), id="worker"),
        pytest.param(("screen", "a.mp4", "--passports", "p.yaml"), id="screen"),
        pytest.param(("keys", "add", "room", "--scope", "all"), id="a command of a group"),
        pytest.param(("bench", "asr"), id="a benchmark"),
        pytest.param(("policy", "propose", "candidate"), id="what only part of a command needs"),
    ],
)
def test_what_needs_an_extra_says_which(arguments: tuple[str, ...], tmp_path: Path) -> None:
    answer = zhenyan(*arguments, folder=tmp_path)
    assert answer.status == 2
    assert _INSTALL in answer.complaint


@pytest.mark.parametrize("extras", ["", BOTH], ids=["alone", "with both extras"])
def test_every_command_has_its_help(extras: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _HELPS, extras], capture_output=True, text=True, encoding="utf-8", check=True, cwd=ROOT
    )
    answers: dict[str, tuple[int, str]] = json.loads(done.stdout)
    assert set(answers) == set(COMMANDS)
    whole = {name for name, (status, text) in answers.items() if status == 0 and "Example" in text}
    told = {name for name, (status, text) in answers.items() if status == 0 and _INSTALL in text}
    assert whole == (set(COMMANDS) if extras else _BARE)
    assert told == set(COMMANDS) - whole
    assert all(text.startswith(f"Usage: zhenyan {name}") for name, (_, text) in answers.items())

"""Starting: what text-only commands import, the console script, and the first lines a newcomer sees."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import COMMANDS
from tests.cli.support import AT, DEMO_PASSPORTS, Call, passage

HEAVY = ("torch", "ray", "cv2", "av", "onnxruntime", "ctranslate2", "faster_whisper", "rapidocr")
SERVED = ("fastapi", "uvicorn", "sqlalchemy", "httpx")
_PROGRAM = """
import sys
from cli.main import main
main(sys.argv[1:])
print(*sorted(sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        # What is implied is read by the language model, and that runs on onnxruntime.
        pytest.param(("check", "--passports", str(DEMO_PASSPORTS), "--at", AT), {"onnxruntime"}, id="check"),
        pytest.param(("policy", "explain", "全网最低价"), {"onnxruntime"}, id="policy"),
        pytest.param(("passports", "import", str(DEMO_PASSPORTS)), set(), id="passports"),
    ],
)
def test_text_only_commands_load_no_heavy_library(arguments: tuple[str, ...], needed: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments],
        input=passage("全网最好的充电头。"),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        cwd=Path(__file__).parents[2],
    )
    loaded = set(done.stderr.split())
    assert done.stdout
    assert loaded & {*HEAVY, *SERVED} == needed


def test_the_console_script_works_from_any_folder(tmp_path: Path) -> None:
    script = Path(sys.executable).with_name("zhenyan")
    done = subprocess.run(
        [script, "check", "--passports", DEMO_PASSPORTS, "--at", AT],
        input=passage("这是全网最好的充电头。").encode(),
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    )
    (line,) = done.stdout.decode("utf-8").splitlines()
    assert json.loads(line)["quote"].startswith("全网最好")
    assert list(tmp_path.iterdir()) == []


def test_without_a_command_the_help_is_shown(zhenyan: Call) -> None:
    answer = zhenyan()
    assert answer.status == 0
    assert all(name in answer.out for name in COMMANDS)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_shows_an_example(zhenyan: Call, name: str) -> None:
    answer = zhenyan(name, "--help")
    assert answer.status == 0
    assert "Example" in answer.out
    assert f"zhenyan {name}" in answer.out.partition("Example")[2]


def test_the_version_is_told(zhenyan: Call) -> None:
    assert zhenyan("--version").out.startswith("zhenyan 0.")

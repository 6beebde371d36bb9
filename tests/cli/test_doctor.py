"""What `zhenyan doctor` says of a machine that is well, and of each thing that is not."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.commands.doctor import command
from cli.config.sandbox_notice import sandbox_notice
from cli.config.settings import load_settings


def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **settings: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit status, and what was said of each thing, under these settings."""
    values = {"DATA_DIR": str(tmp_path / "data"), "KEEP_FREE_GB": "0.1"} | settings
    for name, value in values.items():
        monkeypatch.setenv(f"ZHENYAN_{name}", value)
    ran = CliRunner().invoke(command, ["--json"])
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    return ran.exit_code, {row["name"]: row for row in rows}


def test_a_machine_that_is_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    status, found = told(monkeypatch, tmp_path)
    assert status == 0, found
    names = ["database", "storage", "evidence", "policy", "models", "ffmpeg", "sandbox", "network rules", "clock"]
    assert list(found) == names
    assert {row["verdict"] for row in found.values()} <= {"ok", "notice"}
    assert not (tmp_path / "data").exists(), "it only looks"


@pytest.mark.parametrize(
    ("setting", "value", "name", "says"),
    [
        ("DATABASE_URL", "postgresql+psycopg://nobody:hidden@127.0.0.1:9/none", "database", "127.0.0.1:9"),
        ("KEEP_FREE_GB", "1000000000", "storage", "keep_free_gb"),
        ("EVIDENCE_URL", "/proc/nothing/here", "evidence", "/proc/nothing"),
        ("ASR_MODEL", "no-such-model", "models", "no-such-model"),
        ("ALLOW_NET", "no-such-host.invalid", "network rules", "no-such-host.invalid"),
        ("TRUST_CA", "/no/such/file.pem", "network rules", "/no/such/file.pem"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(
    setting: str, value: str, name: str, says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    status, found = told(monkeypatch, tmp_path, **{setting: value})
    assert status == 1
    wrong = {each: row for each, row in found.items() if row["verdict"] == "wrong"}
    assert list(wrong) == [name]
    assert says in wrong[name]["told"]
    assert wrong[name]["advice"]
    assert "hidden" not in json.dumps(found)


def test_no_sandbox_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ZHENYAN_DATA_DIR", str(tmp_path))
    settings = load_settings()
    monkeypatch.setattr("ingest.sandbox.process._why_no_bubblewrap", lambda: "bwrap is not installed")
    notice = sandbox_notice(settings)
    assert notice.startswith("notice: ")
    assert "bwrap is not installed" in notice
    assert "install bubblewrap" in notice
    assert sandbox_notice(settings.model_copy(update={"sandbox": "rlimits"})) == "", "it was chosen"

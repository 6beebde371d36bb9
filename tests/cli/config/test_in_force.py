"""What is in force and where it was set; no secret is among what is shown."""

from pathlib import Path

import pytest

from cli.config.in_force import settings_in_force
from cli.config.settings import Settings, load_settings
from review.server.pages.settings import Origin, SettingInForce

SECRET = "geheim"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ZHENYAN_{name.upper()}", raising=False)


def told(file: Path | None = None) -> dict[str, SettingInForce]:
    return {one.name: one for one in settings_in_force(load_settings(file), file)}


def test_every_setting_is_told_once() -> None:
    found = settings_in_force(load_settings(), None)
    names = [one.name for one in found]
    assert len(names) == len(set(names))
    assert set(Settings.model_fields) - {"second_reader"} <= set(names)
    assert "second_reader.from" in names
    assert {one.origin for one in found} == {Origin.DEFAULT}


def test_the_environment_wins_over_the_file_and_both_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "z.yaml"
    file.write_text("port: 8500\nthreads: 2\nsecond_reader: {at_once: 3}\n", encoding="utf-8")
    monkeypatch.setenv("ZHENYAN_THREADS", "4")
    monkeypatch.setenv("ZHENYAN_SECOND_READER_DEADLINE_S", "9")
    found = told(file)
    shown = {name: (found[name].value, found[name].origin) for name in ("port", "threads", "device")}
    assert shown == {
        "port": ("8500", Origin.FILE),
        "threads": ("4", Origin.ENVIRONMENT),
        "device": ("auto", Origin.DEFAULT),
    }
    assert found["second_reader.at_once"].origin is Origin.FILE
    assert found["second_reader.deadline_s"].origin is Origin.ENVIRONMENT
    assert found["second_reader.model"].origin is Origin.DEFAULT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", f"postgresql+psycopg://zhenyan:{SECRET}@db/zhenyan"),
        ("METRICS_TOKEN", SECRET),
        ("WEBHOOK_SECRET", SECRET),
        ("WEBHOOK_URL", f"https://u:{SECRET}@hooks.example/{SECRET}?token={SECRET}"),
        ("TRACE_URL", f"https://{SECRET}@trace.example/"),
        ("OIDC_CLIENT_SECRET", SECRET),
        ("SECOND_READER_KEY", SECRET),
        ("RATE_STORAGE", f"redis://:{SECRET}@cache/0"),
    ],
)
def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"ZHENYAN_{name}", value)
    found = told()
    assert SECRET not in repr(found)
    key = name.lower().replace("second_reader_", "second_reader.")
    assert found[key].is_set
    assert found[key].origin is Origin.ENVIRONMENT

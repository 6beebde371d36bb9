from pathlib import Path

import pytest
import yaml

import configs
from cli.config.settings import Settings, SettingsError, load_settings

DEFAULTS = configs.ROOT / "default.yaml"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ZHENYAN_{name.upper()}", raising=False)


def test_every_setting_is_explained_and_every_explanation_is_a_setting() -> None:
    lines = DEFAULTS.read_text(encoding="utf-8").splitlines()
    keys = yaml.safe_load("\n".join(lines))
    assert set(keys) == set(Settings.model_fields)
    explained = ""
    for number, line in enumerate(lines):
        if line.startswith("#"):
            continue
        if line and not lines[number - 1].startswith("#"):
            # One comment may stand over a pair, such as host and port.
            assert explained == lines[number - 1], f"default.yaml:{number + 1}: {line} has no comment above it"
        explained = line


def test_the_packaged_defaults_are_valid() -> None:
    settings = load_settings()
    assert settings.policy_folder == configs.POLICY_DIR
    assert settings.store_url.startswith("sqlite:///")


def test_the_environment_wins_over_the_file_and_the_file_over_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("port: 9001\nthreads: 3\n")
    assert (load_settings().port, load_settings().threads) == (8400, 1)
    assert (load_settings(file).port, load_settings(file).threads) == (9001, 3)
    monkeypatch.setenv("ZHENYAN_PORT", "9002")
    assert (load_settings(file).port, load_settings(file).threads) == (9002, 3)


def test_the_environment_lists_hosts_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHENYAN_ALLOW_NET", "127.0.0.1:8080, origin.local")
    assert load_settings().allow_net == ("127.0.0.1:8080", "origin.local")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("prot: 1\n", ("prot", "unknown setting", "port"), id="unknown-key"),
        pytest.param("port: 70000\n", ("port", "65535"), id="out-of-bounds"),
        pytest.param("device: tpu\n", ("device", "'cuda'"), id="not-a-choice"),
        pytest.param("allow_net: 7\n", ("allow_net",), id="wrong-type"),
        pytest.param("- port\n", ("mapping",), id="a-list"),
        pytest.param("port: [\n", ("YAML",), id="no-yaml"),
        pytest.param("\xff\n", ("YAML",), id="other-encoding"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(SettingsError) as refused:
        load_settings(file)
    assert all(part in str(refused.value) for part in (str(file), *parts))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.yaml"):
        load_settings(tmp_path / "none.yaml")


def test_wrong_and_unknown_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHENYAN_PORT", "many")
    with pytest.raises(SettingsError, match="ZHENYAN_PORT"):
        load_settings()
    monkeypatch.delenv("ZHENYAN_PORT")
    monkeypatch.setenv("ZHENYAN_PROT", "1")
    with pytest.raises(SettingsError, match=r"ZHENYAN_PROT.*unknown setting"):
        load_settings()


def test_the_database_url_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHENYAN_DATABASE_URL", "postgresql://user:hunter2@db/zhenyan")
    assert "hunter2" not in repr(load_settings())

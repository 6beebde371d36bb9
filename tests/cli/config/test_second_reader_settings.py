from pathlib import Path

import pytest

from cli.config.reading_again import config_of
from cli.config.settings import SettingsError, load_settings

URL = "ZHENYAN_SECOND_READER_URL"


def test_nothing_is_read_again_unless_a_model_is_named() -> None:
    assert not config_of(load_settings()).is_on


def test_the_environment_names_endpoint_model_and_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("URL", "http://127.0.0.1:8000/v1"), ("MODEL", "qwen3-32b"), ("KEY", "sk-secret")):
        monkeypatch.setenv(f"ZHENYAN_SECOND_READER_{name}", value)
    monkeypatch.setenv("ZHENYAN_SECOND_READER_CLASSES", '{"DISEASE_FOOD": {"from": 0.2, "to": 0.9}}')
    settings = load_settings()
    config = config_of(settings)
    assert config.is_on
    assert (config.name, config.key, config.place) == ("qwen3-32b", "sk-secret", "127.0.0.1:8000")
    assert config.doubt.holds("DISEASE_FOOD", 0.25)
    assert not config.doubt.holds("ORIGIN", 0.25)
    assert "sk-secret" not in repr(settings) + repr(config)


def test_a_file_gives_a_part_of_the_block(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("second_reader: {protected: true, from: 0.4}\n")
    doubt = config_of(load_settings(file)).doubt
    assert doubt.protected
    assert (doubt.between.from_, doubt.between.to) == (0.4, 0.8)


@pytest.mark.parametrize(
    ("block", "why"),
    [
        pytest.param("{url: 'ftp://x/v1', model: m}", "url", id="no address of the web"),
        pytest.param("{url: 'http://user:pw@x/v1', model: m}", "url", id="a password in the address"),
        pytest.param("{url: 'http://x/v1'}", "model", id="no model"),
        pytest.param("{url: 'http://x/v1', model: m, transformers: m}", "name one", id="two models"),
        pytest.param("{from: 0.9, to: 0.1}", "above", id="bars the wrong way"),
        pytest.param("{sends: [host]}", "sends", id="a field that never leaves"),
        pytest.param("{urll: x}", "urll", id="an unknown part"),
    ],
)
def test_what_can_not_be_meant_is_refused(tmp_path: Path, block: str, why: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"second_reader: {block}\n")
    with pytest.raises(SettingsError, match=why):
        load_settings(file)


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHENYAN_SECOND_READER_AT_ONCE", "many")
    with pytest.raises(SettingsError, match="ZHENYAN_SECOND_READER_AT_ONCE"):
        load_settings()
    monkeypatch.delenv("ZHENYAN_SECOND_READER_AT_ONCE")
    monkeypatch.setenv("ZHENYAN_SECOND_READER_URLL", "x")
    with pytest.raises(SettingsError, match="unknown setting"):
        load_settings()

"""The file for one machine is one that Compose takes, with the program's own commands and settings."""

import re
from pathlib import Path
from typing import Any

import compose_spec
import pytest
import yaml

from cli.config.settings import Settings
from cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
# As Compose hands it on: variables filled in, maps (`<<`) merged.
FILLED = re.sub(r"\$\{\w+:(?:-([^}]*)|\?[^}]*)\}", lambda found: found[1] or "given", TEXT)
MERGED = yaml.safe_dump(yaml.safe_load(FILLED))
OURS = ("web", "worker")


def test_compose_takes_the_file() -> None:
    read = yaml.safe_load(compose_spec.PyCompose.from_yaml(MERGED).to_yaml())
    assert read["services"].keys() == COMPOSE["services"].keys()


def test_a_key_that_compose_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="restrat"):
        compose_spec.PyCompose.from_yaml(MERGED.replace("restart: unless-stopped", "restrat: unless-stopped", 1))


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_what_is_there_as_nobody_in_particular(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["command"][0] in COMMANDS
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert f"USER {service['user']}\n" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for variable in service["environment"]:
        if variable.startswith("ZHENYAN_"):
            assert variable.removeprefix("ZHENYAN_").lower() in Settings.model_fields


def test_no_secret_stands_in_the_file() -> None:
    for name, service in COMPOSE["services"].items():
        for variable, value in service["environment"].items():
            if re.search(r"PASSWORD|SECRET|ACCESS_KEY", variable):
                assert re.fullmatch(r"\$\{ZHENYAN_\w+:\?set it in \.env\}", value), f"{name}: {variable}"


def test_only_the_pages_are_reached_and_only_from_this_machine() -> None:
    open_ports = {name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service}
    assert open_ports == {"web": ["127.0.0.1:8400:8400"]}
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert [COMPOSE["services"][name]["networks"] for name in ("database", "objects")] == [["inside"], ["inside"]]


def test_the_store_is_the_one_that_the_tests_run() -> None:
    tag = COMPOSE["services"]["objects"]["image"].rpartition(":")[2]
    assert f"\nseaweedfs-bin=={tag}\n" in (ROOT / "constraints.txt").read_text(encoding="utf-8")


def test_a_worker_has_time_to_hand_over() -> None:
    defaults = yaml.safe_load((ROOT / "configs" / "default.yaml").read_text(encoding="utf-8"))
    assert int(COMPOSE["services"]["worker"]["stop_grace_period"].rstrip("s")) > defaults["worker_hand_over_s"]

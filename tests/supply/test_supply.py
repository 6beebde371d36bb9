"""What is shipped: under allowed licences, by pins with hashes, in a wheel that comes out the same each time."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import pytest
import yaml
from license_expression import get_spdx_licensing
from packaging.utils import canonicalize_name

from scripts.audit_packages import summary
from scripts.closures import SHIPPED, closure
from scripts.write_sbom import TARGET, shipped_alone

ROOT = Path(__file__).parents[2]
LICENCES: dict[str, Any] = yaml.safe_load((ROOT / "scripts" / "licences.yaml").read_text(encoding="utf-8"))
PINS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
HASHED = (ROOT / "constraints-hashes.txt").read_text(encoding="utf-8")
SPDX = get_spdx_licensing()


def licence_of(package: Distribution) -> str:
    """As SPDX writes it; what a package says in words of its own, in those."""
    about = package.metadata
    if expression := about.get("License-Expression"):
        return str(expression)
    classes = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier") or () if line.startswith("License")]
    said = classes or [str(about.get("License") or "nothing")]
    known = [LICENCES["spellings"].get(one, one) for one in said if one != "OSI Approved"]
    return " OR ".join(known) or str(about.get("License"))


def is_allowed(expression: str) -> bool:
    """Whether every licence of one of the choices is."""
    parsed = SPDX.parse(expression)
    allowed = {SPDX.parse(name) for name in LICENCES["allowed"]}

    def holds(part: Any) -> bool:
        if part in allowed:
            return True
        kind = type(part).__name__
        return kind in ("AND", "OR") and (all if kind == "AND" else any)(holds(each) for each in part.args)

    return holds(parsed)


def test_every_shipped_package_has_a_licence_that_is_allowed() -> None:
    found, missing = closure("zhenyan", SHIPPED)
    assert not missing
    assert len(found) > 50
    refused = {}
    for name, package in found.items():
        if name in LICENCES["by_name"]:
            continue
        said = licence_of(package)
        try:
            held = is_allowed(said)
        except Exception as error:  # whatever the parser makes of words that are no expression
            said, held = f"{said} ({type(error).__name__})", False
        if not held:
            refused[name] = said
    assert refused == {}


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("Apache-2.0 WITH LLVM-exception AND MIT", True),
        ("AGPL-3.0-or-later", False),
    ],
)
def test_a_licence_is_allowed_by_what_holds_in_the_end(expression: str, allowed: bool) -> None:
    assert is_allowed(expression) is allowed


def test_packages_by_name_are_shipped_and_not_allowed_anyway() -> None:
    found, _ = closure("zhenyan", SHIPPED)
    for name in LICENCES["by_name"]:
        assert name in found, f"{name} is shipped no more"


def test_each_pin_has_hashes_and_no_address_of_an_index_stands_there() -> None:
    pinned = {
        (canonicalize_name(name), version) for name, version in re.findall(r"^([\w.-]+)==(\S+)$", PINS, re.MULTILINE)
    }
    hashed = re.findall(r"^([\w.-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", HASHED, re.MULTILINE)
    assert {(canonicalize_name(name), version) for name, version, _ in hashed} == pinned, "make hashes"
    for text in (PINS, HASHED):
        assert "://" not in text
        assert "--index" not in text


def test_the_wheel_is_the_same_from_two_folders_at_two_times(tmp_path: Path) -> None:
    wheels = []
    for number, second in enumerate((1_600_000_000, 1_700_000_000)):
        copy = tmp_path / f"copy-{number}"
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        for name in filter(None, listed.decode().split("\0")):
            if name.startswith(("tests/", "bench/", "docs/")):
                continue
            target = copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
            os.utime(target, (second, second))
        built = tmp_path / f"built-{number}"
        environment = os.environ | {"SOURCE_DATE_EPOCH": "1764547200", "TZ": ("UTC", "Asia/Shanghai")[number]}
        command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(built)]
        subprocess.run(command, cwd=copy, env=environment, capture_output=True, check=True)
        (wheel,) = built.glob("*.whl")
        wheels.append((wheel.name, hashlib.sha256(wheel.read_bytes()).hexdigest()))
    assert wheels[0] == wheels[1]


@pytest.mark.parametrize(
    ("packages", "status", "said"),
    [
        ([{"name": "a", "version": "1", "vulns": []}], 0, "1 packages audited, 0 could not be asked about: 0 vul"),
        ([{"name": "a", "skip_reason": "not found"}], 0, "not audited: none of 1 packages could be asked about"),
        (
            [
                {"name": "a", "version": "1", "vulns": [{"id": "X-1", "fix_versions": ["2"]}]},
                {"name": "b", "skip_reason": ""},
            ],
            1,
            "a 1: X-1; fixed in 2\n1 packages audited, 1 could not be asked about: 1 vul",
        ),
    ],
)
def test_what_nobody_could_be_asked_about_is_no_good_news(packages: list[Any], status: int, said: str) -> None:
    text, found = summary(json.dumps({"dependencies": packages}))
    assert found == status
    assert text.startswith(said)


def test_only_what_is_shipped_is_listed_and_no_address_of_this_machine() -> None:
    parts = [
        {"bom-ref": "a==1", "name": "a", "externalReferences": [{"url": "file:///x", "type": "other"}]},
        {"bom-ref": "pytest==9", "name": "pytest"},
    ]
    needs = [{"ref": "root", "dependsOn": ["a==1", "pytest==9"]}, {"ref": "pytest==9"}, {"ref": "a==1"}]
    whole = {"components": parts, "metadata": {"component": {"bom-ref": "root"}}, "dependencies": needs}
    kept = shipped_alone(whole, frozenset({"a"}))
    assert kept["components"] == [{"bom-ref": "a==1", "name": "a", "externalReferences": []}]
    assert kept["dependencies"] == [{"ref": "root", "dependsOn": ["a==1"]}, {"ref": "a==1", "dependsOn": []}]


@pytest.mark.service
def test_the_list_of_parts_names_what_is_shipped() -> None:
    command = [sys.executable, "-m", "scripts.write_sbom"]
    written = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert written.returncode == 0, written.stderr
    listed = json.loads(TARGET.read_text(encoding="utf-8"))
    found, _ = closure("zhenyan", SHIPPED)
    assert {str(canonicalize_name(part["name"])) for part in listed["components"]} == found.keys() - {"zhenyan"}
    assert listed["bomFormat"] == "CycloneDX"
    assert "file:" not in TARGET.read_text(encoding="utf-8")
    assert str(ROOT) not in TARGET.read_text(encoding="utf-8")

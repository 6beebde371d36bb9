"""What is shipped says under which licence, with its types, and what changed, in the forms that tools know."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
# https://keepachangelog.com/en/1.1.0/
GROUPS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


@pytest.mark.parametrize("package", [*PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"], "bench"])
def test_a_shipped_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").read_bytes() == b""


def test_the_licence_that_is_named_is_there() -> None:
    assert PROJECT["project"]["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert all((ROOT / name).is_file() for name in PROJECT["project"]["license-files"])


def test_the_image_takes_what_the_wheel_is_built_from() -> None:
    dockerfile, ignored = ((ROOT / name).read_text(encoding="utf-8") for name in ("Dockerfile", ".dockerignore"))
    for name in (*PROJECT["project"]["license-files"], PROJECT["project"]["readme"]):
        assert re.search(rf"^COPY .*\b{re.escape(name)}\b.* \./$", dockerfile, re.MULTILINE), name
        assert f"!{name}\n" in ignored


def test_the_changelog_begins_with_this_version_and_has_known_groups_in_order() -> None:
    releases = re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)[1:]
    assert releases[0].startswith(PROJECT["project"]["version"])
    for release in releases:
        groups = re.findall(r"^### (.+)$", release, re.MULTILINE)
        assert groups
        assert groups == [group for group in GROUPS if group in groups]


def test_every_entry_of_the_changelog_stands_under_a_group() -> None:
    for release in re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)[1:]:
        before_groups = release.partition("\n### ")[0]
        assert "\n- " not in before_groups

"""The pages on law are what the policy makes of them, with a specimen of a notice for each class and kind of goods."""

import subprocess
import sys
from pathlib import Path

import pytest

from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs" / "law"
# Classes about goods of one kind alone.
ONE_KIND = frozenset({"ALCOHOL", "COSMETIC_EFFICACY", "EDUCATION", "HEALTHFOOD_OVER"})
# No article reaches a notice about what these find in examples: the platform's rules alone, or never more than a note.
NO_NOTICE = frozenset({"OFFSITE", "PERSONA_SCRIPT"})


def specimens(class_id: str) -> list[str]:
    text = (PAGES / f"{class_id}.md").read_text(encoding="utf-8")
    return [line for line in text.partition("## Specimens")[2].splitlines() if line.startswith("> 1．")]


def test_the_pages_are_up_to_date() -> None:
    ran = subprocess.run(
        [sys.executable, "scripts/write_law.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, "")


@pytest.mark.parametrize("class_id", sorted(path.stem for path in PAGES.glob("[A-Z]*.md")))
def test_a_class_has_specimens_of_two_kinds_of_goods(class_id: str) -> None:
    told = specimens(class_id)
    assert len(told) == (0 if class_id in NO_NOTICE else 1 if class_id in ONE_KIND else 2)
    for notice in told:
        assert notice.endswith(("条。", "款。", "项。"))
        assert "适用《" in notice
        assert not any(foreign in notice for foreign in ("True", "permitted", " jin", "sales ", "stock "))


def test_every_class_has_a_page(policy_of_law: Policy) -> None:
    assert {path.stem for path in PAGES.glob("[A-Z]*.md")} == set(policy_of_law.class_files)


@pytest.fixture(scope="module")
def policy_of_law() -> Policy:
    return packaged_policy()

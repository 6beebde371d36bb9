"""A wrong table is refused where it goes wrong."""

from pathlib import Path

import pytest
import yaml

from claims.errors import PolicyError
from review.enforcement.penalty_table import Measures, read_measures, read_retention
from tests.review.enforcement.conftest import CONFIGS


def test_the_packaged_tables_load(table: Measures) -> None:
    assert read_retention(CONFIGS).clocks["measure"].days == 1095
    assert {statute.level for statute in table.statutes} == {"law", "regulation", "rule"}


@pytest.mark.parametrize(
    ("cited", "level"),
    [
        ("广告法 28(2)(2)", "law"),
        ("广告法 9", "law"),
        ("化妆品监督管理条例 43", "regulation"),
        ("明码标价和禁止价格欺诈规定 16(2)", "rule"),
        ("广告法 10", None),
        ("广告法", None),
        ("", None),
        ("28(2)", None),
    ],
)
def test_a_citation_has_the_level_of_its_statute(table: Measures, cited: str, level: str | None) -> None:
    statute = table.statute_of(cited)
    assert (None if statute is None else statute.level) == level


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("  medium: {points: 20, expiry_days: 180}\n", "", "medium is missing"),
        ("points: 20", "points: 0", r"measures\.yaml:\d+: severities.medium.points"),
        ("at_points: 60", "at_points: 5", "at_points must grow"),
        ("people: 2, defence_days: 10", "people: 1, defence_days: 10", "people must be 2"),
        ("term_days: 7, longest_days: 30", "term_days: 70, longest_days: 30", "term_days is longer"),
        ("  appeal_days: 30\n", "  appeal_days: 30\n  more: 1\n", "unknown key"),
        ("level: law", "level: rule", "none is a law"),
        ("level: law", "level: custom", r"measures\.yaml:\d+: statutes\.0\.level"),
    ],
)
def test_a_wrong_table_is_refused_with_its_place(tmp_path: Path, old: str, new: str, named: str) -> None:
    text = (CONFIGS / "measures.yaml").read_text(encoding="utf-8").replace(old, new)
    if named == "none is a law":
        text = text.replace("level: regulation", "level: rule")
    (tmp_path / "measures.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match=named):
        read_measures(tmp_path)


def test_a_retention_file_names_every_kind(tmp_path: Path) -> None:
    content = yaml.safe_load((CONFIGS / "retention.yaml").read_text(encoding="utf-8"))
    del content["clocks"]["strike"]
    (tmp_path / "retention.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(PolicyError, match="strike is missing"):
        read_retention(tmp_path)

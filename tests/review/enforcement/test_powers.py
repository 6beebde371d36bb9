"""Every notice says by which law the platform takes the measure, makes it public and reports it."""

from datetime import date
from pathlib import Path

import pytest

from claims.law.texts import StatuteTexts, laws_of
from review.enforcement.notice_composition import fitting
from review.enforcement.penalty_table import read_measures
from review.enforcement.powers import power_en, power_zh
from review.enforcement.types import Broadcast, MeasureKind, Strike

CONFIGS = Path(__file__).parents[3] / "configs"
TABLE, LAWS = read_measures(CONFIGS / "enforcement"), laws_of(CONFIGS / "laws" / "zh-CN.yaml")
DAY = 86_400_000
NOVEMBER = 1_795_521_600_000  # 2026-11-24 20:00:00 in China


def strike(*law: str, said_ms: int = NOVEMBER) -> Strike:
    return Strike(
        case_id="c0",
        host_id="h1",
        class_id="AWARD_HONOR",
        category="alcohol/liquor",
        severity="high",
        corrected=False,
        law=law,
        at_ms=said_ms,
        confirmed_at_ms=said_ms,
        broadcasts=(Broadcast(stream_id="s1", first_ms=said_ms, last_ms=said_ms),),
    )


@pytest.mark.parametrize(
    ("kind", "named", "whom"),
    [
        (MeasureKind.WARNING, "《直播电商监督管理办法》第十二条第一款、《直播电商监督管理办法》第十三条", "县级以上"),
        (MeasureKind.SUSPENSION, "采取“限期停播”措施", "县级以上"),
        (MeasureKind.BLACKLIST, "《直播电商监督管理办法》第十四条第一款", "省级及县级以上"),
    ],
)
def test_a_measure_names_its_power_and_what_follows(kind: MeasureKind, named: str, whom: str) -> None:
    told = power_zh(kind, TABLE, LAWS)
    assert named in told
    assert "依《电子商务法》第三十六条公示" in told
    assert f"依《直播电商监督管理办法》第十二条第三款向平台住所地{whom}市场监督管理、网信部门报告" in told
    assert "E-Commerce Law, Article 36" in power_en(kind, TABLE, LAWS)


@pytest.mark.parametrize(
    ("cited", "said_ms", "fits"),
    [
        ("商标法 14(5)", NOVEMBER, True),
        ("商标法 14(5)", NOVEMBER + 60 * DAY, False),
        ("商标法 64(1)", NOVEMBER + 60 * DAY, True),
        ("商标法 64(1)", NOVEMBER, False),
        ("食品安全法 73(1)", NOVEMBER, True),
        ("直播电商监督管理办法 34(1)", NOVEMBER, False),
        ("直播电商平台规则", NOVEMBER, False),
    ],
    ids=["old", "old, too late", "new", "new, too early", "amended", "read in one copy", "no law"],
)
def test_only_law_of_the_day_that_was_read_twice_reaches_a_notice(cited: str, said_ms: int, fits: bool) -> None:
    assert fitting(strike(cited, said_ms=said_ms), "酒", TABLE, LAWS) == ((cited,) if fits else ())
    assert fitting(strike(cited, said_ms=said_ms), "酒", TABLE, StatuteTexts.none()) == ()


def test_every_article_of_the_table_has_its_text() -> None:
    on = date(2026, 11, 24)
    for statute in TABLE.statutes:
        for article in statute.articles:
            day = date(2027, 1, 1) if (statute.name, article) == ("商标法", 64) else on
            assert LAWS.is_verified(f"{statute.name} {article}", day), (statute.name, article)
    for kind in MeasureKind:
        assert all(LAWS.is_read(cited, on) for cited in TABLE.measures[kind].power)

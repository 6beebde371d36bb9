"""The form of a proposal sends a choice: whatever else is sent changes nothing. The published table is for all."""

from collections.abc import Callable

import httpx
import pytest

from claims.types import Finding
from review.enforcement.penalty_table import Measures
from review.stores import Stores
from tests.review.enforcement.people import Clock, confirm

As = Callable[[str], httpx.Client]


@pytest.fixture
def cases(desk: Stores, make_finding: Callable[..., Finding], clock: Clock) -> list[str]:
    """Three confirmed cases of host h1."""
    found = [
        confirm(desk, make_finding(finding_id=f"f{n}", quote=f"第{n}句", claimed=f"{n} W", law=("广告法 28(2)(2)",)))
        for n in range(3)
    ]
    clock.wait(86_400_000)
    return found


def test_composed_text_that_is_sent_along_changes_nothing(as_person: As, desk: Stores, cases: list[str]) -> None:
    anna = as_person("anna")
    forged = {
        **{"kind": "warning", "case_id": cases[1], "remarks_zh": "备注"},
        **{"facts_zh": "伪造的事实", "reasons_zh": "伪造的理由", "basis": "广告法 9", "points_total": "1"},
        **{"appeal_zh": "不得申诉", "basis_zh": "《广告法》第九条"},
    }
    sent = anna.post("/hosts/h1/measures", data=forged)
    assert sent.status_code == 303
    [measure] = desk.enforcement.host_file("h1", "a1").measures
    told = repr(measure.notice)
    assert "伪造" not in told
    assert "不得申诉" not in told
    assert ("第0句" in told, "第1句" in told, "第2句" in told) == (False, True, False)
    assert measure.notice.basis == ("广告法 28(2)(2)",)
    assert (measure.notice.remarks_zh, measure.notice.points_total) == ("备注", 15)
    assert measure.notice.starts_at_ms is not None


def test_the_preview_says_what_would_be_stored(as_person: As, desk: Stores, cases: list[str]) -> None:
    anna = as_person("anna")
    sent = {"kind": "suspension", "case_id": cases[:2], "fields_of": "suspension"}
    shown = anna.post("/hosts/h1/propose", data=sent, headers={"HX-Request": "true"})
    assert shown.status_code == 200
    assert ("第0句" in shown.text, "第2句" in shown.text) == (True, False)
    assert "data-points-total><b>30</b>" in shown.text
    assert 'id="fields"' not in shown.text
    changed = anna.post("/hosts/h1/propose", data=sent | {"fields_of": "warning"}, headers={"HX-Request": "true"})
    assert 'hx-swap-oob="true"' in changed.text
    english = anna.post("/hosts/h1/propose?lang=en", data=sent, headers={"HX-Request": "true"})
    assert "said aloud" in english.text
    whole = anna.post("/hosts/h1/propose", data=sent)
    assert "<h1>" in whole.text
    assert whole.text.count('name="case_id"') == 3
    assert desk.enforcement.host_file("h1", "a1").measures == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"case_id": []}, "至少要选一个已确认的案件"),
        ({"case_id": "nobody"}, "不属于该主播"),
        ({"starts_at": "soon"}, "期限不完整"),
        ({"starts_at": "2020-01-01T00:00"}, "开始时间已过"),
        ({"term_days": "400"}, "超过最长期限"),
        ({"term_days": "0"}, "期限不完整"),
        ({"kind": "blacklist"}, "请指明严重违反的法律或行政法规"),
        ({"kind": "suspension", "starts_at": "2026-11-26T08:00"}, "主播还在陈述申辩期内"),
    ],
)
def test_a_choice_that_can_not_be_is_refused_and_kept(
    as_person: As, desk: Stores, cases: list[str], changes: dict[str, object], said: str
) -> None:
    sent = {"kind": "warning", "case_id": cases[0], "remarks_zh": "写好的备注"} | changes
    answer = as_person("anna").post("/hosts/h1/measures", data=sent)
    assert answer.status_code == 422
    assert said in answer.text
    assert "写好的备注" in answer.text
    assert desk.enforcement.host_file("h1", "a1").measures == ()


def test_a_case_that_no_article_fits_is_named_on_the_page(
    as_person: As, desk: Stores, make_finding: Callable[..., Finding], cases: list[str], clock: Clock
) -> None:
    bare = confirm(desk, make_finding(finding_id="f9", quote="第九句", claimed="9 W", law=("产品质量法 50",)))
    clock.wait(1000)
    anna = as_person("anna")
    sent = {"kind": "warning", "case_id": [*cases, bare]}
    for answer in (anna.post("/hosts/h1/measures", data=sent), anna.post("/hosts/h1/propose", data=sent)):
        assert "没有适用于该案类别和商品的条文" in answer.text
        assert f'href="/cases/{bare}"' in answer.text
    assert desk.enforcement.host_file("h1", "a1").measures == ()


def test_who_may_not_propose_sees_no_preview(as_person: As, cases: list[str]) -> None:
    sent = {"kind": "warning", "case_id": cases[0]}
    assert as_person("dora").post("/hosts/h1/propose", data=sent).status_code == 403
    assert as_person("dora").post("/hosts/h1/measures", data=sent).status_code == 403


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_published_table_can_be_read_by_anybody(office: str, table: Measures, language: str) -> None:
    page = httpx.get(f"{office}/standard?lang={language}")
    assert page.status_code == 200
    assert table.version in page.text
    said = {
        "zh": (
            "处置阶梯",
            "一场直播中的案件合计至多升 1 级",
            "“严重”案件在至少 2 场直播中被认定",
            "《广告法》第二十八条",
        ),
        "en": (
            "The ladder",
            "lead 1 rung further at most",
            "confirmed in 2 broadcasts or more",
            "Advertising Law, Article 28",
        ),
    }
    for part in said[language]:
        assert part in page.text

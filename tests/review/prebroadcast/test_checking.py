"""Texts before the broadcast: places, advice, captions, catalogues, and what is refused."""

import csv
import io

import pytest

from claims.passports.passport import Passport
from claims.types import Disposition
from review.prebroadcast.catalogue import as_csv, read_rows
from review.prebroadcast.checking import Checker
from review.prebroadcast.errors import CheckRefused
from review.prebroadcast.limits import MOST_CHARS, MOST_ROWS
from review.prebroadcast.pieces import cut
from review.prebroadcast.types import CatalogueRow, TextKind
from review.server.pages.checked_text import stretches
from tests.review.prebroadcast.conftest import AT

SCRIPT = "家人们，先看这款双口氮化镓充电器。\n单口输出一百瓦，\n是全网最好的充电器！重量一百一十二克。"
SRT = "1\n00:00:01,000 --> 00:00:03,000\n充电器单口一百瓦\n\n2\n00:00:03,500 --> 00:00:06,000\n全网第一\n真的\n"
VTT = "WEBVTT\n\n00:01.000 --> 00:03.000\n充电器单口一百瓦\n"


@pytest.fixture
def passports(checker: Checker, records: tuple[dict[str, object], ...]) -> tuple[Passport, ...]:
    return checker.passports(records)


def test_every_remark_stands_where_its_words_are(checker: Checker, passports: tuple[Passport, ...]) -> None:
    checked = checker.check(SCRIPT, TextKind.SCRIPT, passports, AT)
    found = {r.finding.class_id: r for r in checked.remarks}
    assert set(found) == {"SPEC_PARAM", "ABS_SUPERLATIVE"}
    for remark in checked.remarks:
        assert SCRIPT[remark.start : remark.end] == remark.finding.quote
    assert found["SPEC_PARAM"].line == 2
    assert found["ABS_SUPERLATIVE"].line == 3


def test_a_contradiction_is_answered_with_what_is_registered(checker: Checker, passports: tuple[Passport, ...]) -> None:
    [remark] = checker.check("这款氮化镓充电器单口一百瓦", TextKind.SCRIPT, passports, AT).remarks
    assert "65 W" in remark.wordings[0].zh
    assert "65 W" in remark.wordings[0].en


def test_what_needs_proof_is_told_which_proof(checker: Checker) -> None:
    [passport] = checker.passports([{"id": "P-1", "name": "羊毛围巾", "category": "apparel/scarf"}])
    remarks = checker.check("这条羊毛围巾我们有国家专利", TextKind.SCRIPT, [passport], AT).remarks
    advised = [w.zh for r in remarks if r.finding.class_id == "PATENT" for w in r.wordings]
    assert any("登记" in text for text in advised), advised


def test_what_is_lawful_gives_no_remark(checker: Checker, passports: tuple[Passport, ...]) -> None:
    checked = checker.check("这款氮化镓充电器单口最高六十五瓦，重量一百一十二克。", TextKind.SCRIPT, passports, AT)
    assert [r for r in checked.remarks if r.finding.disposition is Disposition.FLAG] == []
    assert checked.piece_count == 1


def test_a_price_is_judged_by_the_moment_of_the_broadcast(checker: Checker) -> None:
    history = [{"at": "2026-11-20T20:00:00+08:00", "deal_price": "85"}]
    record = {"id": "P-1", "name": "充电器", "category": "electronics/charger", "price": {"history": history}}
    [passport] = checker.passports([record])
    early = AT.replace(year=2025)
    late = checker.check("充电器原价九百九十九", TextKind.SCRIPT, [passport], AT).remarks
    before = checker.check("充电器原价九百九十九", TextKind.SCRIPT, [passport], early).remarks
    assert [r.finding.verdict.value for r in late] == ["contradicted"]
    assert [r.finding.verdict.value for r in before] != ["contradicted"]


@pytest.mark.parametrize("captions", [SRT, VTT], ids=["srt", "vtt"])
def test_captions_keep_their_times_and_places(checker: Checker, passports: tuple[Passport, ...], captions: str) -> None:
    checked = checker.check(captions, TextKind.CAPTIONS, passports, AT)
    spec = next(r for r in checked.remarks if r.finding.class_id == "SPEC_PARAM")
    assert spec.finding.start_ms == 1000
    assert captions[spec.start : spec.end] == spec.finding.quote


def test_a_caption_of_two_lines_is_one_passage() -> None:
    assert [p.passage.text for p in cut(SRT, TextKind.CAPTIONS)] == ["充电器单口一百瓦", "全网第一真的"]
    assert [p.line for p in cut(SRT, TextKind.CAPTIONS)] == [3, 7]


def test_a_sentence_that_never_ends_is_cut_and_nothing_of_it_is_lost() -> None:
    text = "这款充电器很好" * 100
    pieces = cut(text, TextKind.SCRIPT)
    assert "".join(p.passage.text for p in pieces) == text
    assert len(pieces) > 1


@pytest.mark.parametrize(
    ("text", "kind", "named"),
    [
        ("  \n ", TextKind.SCRIPT, "text: is empty"),
        ("好" * (MOST_CHARS + 1), TextKind.PAGE, f"at most {MOST_CHARS}"),
        ("就是一段话", TextKind.CAPTIONS, "can't be read as captions"),
    ],
)
def test_what_cannot_be_checked_says_why(checker: Checker, text: str, kind: TextKind, named: str) -> None:
    with pytest.raises(CheckRefused, match=named):
        checker.check(text, kind, (), AT)


def test_a_wrong_passport_is_named_by_its_place(checker: Checker) -> None:
    with pytest.raises(CheckRefused, match=r"\[1\].*gtin"):
        checker.passports(
            [
                {"id": "a", "name": "甲", "category": "other/x"},
                {"id": "b", "name": "乙", "category": "other/x", "gtin": "1234"},
            ]
        )


def test_stretches_are_the_whole_text_with_its_marks(checker: Checker, passports: tuple[Passport, ...]) -> None:
    checked = checker.check(SCRIPT, TextKind.SCRIPT, passports, AT)
    parts = stretches(checked.text, checked.remarks)
    assert "".join(part.text for part in parts) == SCRIPT
    marked = ["".join(p.text for p in parts if n in p.numbers) for n in (1, 2)]
    assert marked == [r.finding.quote for r in checked.remarks]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_catalogue_is_read_as_spreadsheets_save_it(encoding: str, delimiter: str) -> None:
    lines = [["商品编号", "标题", "卖点"], ["P-1", "充电器", '"单口\n一百瓦"'], ["", "", ""], ["P-2", "蜂蜜", ""]]
    content = "\r\n".join(delimiter.join(line) for line in lines).encode(encoding)
    assert read_rows(content) == (
        CatalogueRow(number=2, product_id="P-1", text="充电器\n单口\n一百瓦"),
        CatalogueRow(number=4, product_id="P-2", text="蜂蜜"),
    )


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n", "no column of words"),
        ("标题\n".encode(), "no row with words"),
        (b"\xff\xfe\xff", "UTF-8"),
        (b'text\n"open', "no CSV"),
    ],
)
def test_a_catalogue_that_cannot_be_read_says_why(content: bytes, named: str) -> None:
    with pytest.raises(CheckRefused, match=named):
        read_rows(content)


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("全网最好的蜂蜜", ["ABS_SUPERLATIVE"]),
        ("这个枣茶能治高血压", ["DISEASE_FOOD"]),
        ("氮化镓充电器单口一百瓦", []),
        ("小巧轻便", []),
    ],
)
def test_a_row_of_an_unknown_product_is_checked_by_its_words_alone(
    checker: Checker, passports: tuple[Passport, ...], text: str, classes: list[str]
) -> None:
    rows = [
        CatalogueRow(number=2, product_id="nobody", text=text),
        CatalogueRow(number=3, product_id=passports[0].id, text="全网最好的充电器"),
    ]
    wrong, right = checker.check_rows(rows, passports, AT)
    assert "'nobody'" in wrong.error
    assert wrong.checked is not None
    assert [r.finding.class_id for r in wrong.checked.remarks] == classes
    assert all(r.finding.product_id is None for r in wrong.checked.remarks)
    assert right.checked is not None
    assert [r.finding.product_id for r in right.checked.remarks] == [passports[0].id]


def test_too_many_rows_are_refused(checker: Checker) -> None:
    too_many = [CatalogueRow(number=3, product_id="", text="好")] * (MOST_ROWS + 1)
    with pytest.raises(CheckRefused, match=str(MOST_ROWS)):
        checker.check_rows(too_many, (), AT)


def test_a_row_with_an_error_and_findings_has_both_in_the_csv(checker: Checker) -> None:
    rows = checker.check_rows([CatalogueRow(number=2, product_id="nobody", text="全网最好的蜂蜜")], (), AT)
    [line] = list(csv.DictReader(io.StringIO(as_csv(rows, "zh").removeprefix("\ufeff"))))
    assert (line["disposition"], line["class"]) == ("flag", "ABS_SUPERLATIVE")
    assert "'nobody'" in line["error"]


def test_passports_that_come_in_are_refused_and_registered_ones_are_not(checker: Checker) -> None:
    record = {"id": "P-1", "name": "蜂蜜", "category": "foods/honey"}
    with pytest.raises(CheckRefused, match="foods/honey") as refused:
        checker.passports([record, {"id": "P-2", "name": "蜂\x00蜜", "category": "food"}])
    assert [path for path, _ in refused.value.faults] == ["[0].category", "[1].name"]
    (kept,) = checker.registered([record])
    assert len(kept.objections) == 1


def test_the_result_as_csv_holds_no_formula(checker: Checker) -> None:
    rows = checker.check_rows([CatalogueRow(number=2, product_id="=1+1", text="好")], (), AT)
    assert "'=1+1" in as_csv(rows, "zh")
    assert as_csv(rows, "zh").startswith("\ufeffline,")

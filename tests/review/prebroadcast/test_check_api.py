"""`POST /v1/check` on a running server."""

import json
import re

import httpx
import pytest

from claims.tenant_words import ListedWord, WordTerms
from claims.types import Disposition
from review.stores import Stores
from review.streams.tenant_rules import RuleKind
from review.tenant_rules.words import with_words
from review.tenants.types import Caller


def token_of(client: httpx.Client) -> dict[str, str]:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/before").text)
    assert found is not None
    return {"X-CSRF-Token": found[1]}


@pytest.fixture
def headers(client: httpx.Client) -> dict[str, str]:
    return token_of(client)


CHARGER = {
    "id": "P-1",
    "name": "双口氮化镓充电器",
    "category": "electronics/charger",
    "attributes": [{"name": "output_power", "label": "输出功率", "value": 65, "unit": "W"}],
}


def test_a_script_is_answered_with_findings_places_and_advice(client: httpx.Client, headers: dict[str, str]) -> None:
    text = "这款充电器输出功率一百瓦，是全网最好的充电器！"
    sent = {"text": text, "passports": [CHARGER], "at": "2026-11-24T20:00:00+08:00"}
    answer = client.post("/v1/check", json=sent, headers=headers)
    assert answer.status_code == 200, answer.text
    found = {r["finding"]["class"]: r for r in answer.json()["findings"]}
    assert found["SPEC_PARAM"]["finding"]["verdict"] == "contradicted"
    assert "65 W" in found["SPEC_PARAM"]["advice"][0]["zh"]
    for remark in answer.json()["findings"]:
        assert text[remark["start"] : remark["end"]] == remark["finding"]["quote"]


def test_a_customers_checks_of_an_hour_are_bounded_rows_of_a_catalogue_each(
    client: httpx.Client, headers: dict[str, str], stores: Stores
) -> None:
    stores.tenant_rules.set_quotas("local", {"checks_hour": 2}, "test")
    assert client.post("/v1/check", json={"text": "好"}, headers=headers).status_code == 200
    rows = {"rows": [{"text": "好"}, {"text": "行"}]}
    refused = client.post("/v1/check/catalogue", json=rows, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (429, "quota")
    assert int(refused.headers["retry-after"]) > 0
    assert client.post("/v1/check", json={"text": "好"}, headers=headers).status_code == 200
    assert client.post("/v1/check", json={"text": "好"}, headers=headers).status_code == 429


def test_a_customers_own_words_count_in_checks_as_in_broadcasts(
    client: httpx.Client, headers: dict[str, str], stores: Stores
) -> None:
    words = [
        ListedWord.model_validate({"kind": "block", "word": "躺瘦", "class": "WEIGHT_LOSS"}),
        ListedWord.model_validate({"kind": "watch", "word": "老铁"}),
        ListedWord.model_validate({"kind": "allow", "word": "第一制药"}),
    ]
    terms = {"WEIGHT_LOSS": WordTerms(law=("广告法 17",))}.get
    stores.tenant_rules.put(
        Caller.of_operator("local", "test"), RuleKind.WORDS, lambda old: with_words(old, words, terms)
    )
    sent = {"text": "老铁们，喝了躺瘦。第一制药的老牌子。", "at": "2026-11-24T20:00:00+08:00"}
    answer = client.post("/v1/check", json=sent, headers=headers)
    assert answer.status_code == 200, answer.text
    found = {r["finding"]["quote"]: r["finding"] for r in answer.json()["findings"]}
    assert (found["躺瘦"]["class"], found["躺瘦"]["policy"], found["躺瘦"]["disposition"]) == (
        "WEIGHT_LOSS",
        "words@1",
        "flag",
    )
    assert found["老铁"]["disposition"] == "note"
    assert [f["quote"] for f in found.values() if f["class"] == "ABS_SUPERLATIVE" and f["disposition"] == "flag"] == []
    rows = client.post("/v1/check/catalogue", json={"rows": [{"text": "躺瘦"}, {"text": "好"}]}, headers=headers)
    assert [len(row["findings"]) for row in rows.json()["rows"]] == [1, 0], rows.text


def test_registered_products_are_named_by_id(
    client: httpx.Client, headers: dict[str, str], records: tuple[dict[str, object], ...]
) -> None:
    sent = {"text": "单口一百瓦", "products": [records[0]["passport_id"]]}
    found = client.post("/v1/check", json=sent, headers=headers).json()["findings"]
    assert [r["finding"]["product_id"] for r in found] == [records[0]["passport_id"]]
    wrong = client.post("/v1/check", json={"text": "好", "products": ["nobody"]}, headers=headers)
    assert wrong.status_code == 422
    assert "nobody" in wrong.json()["detail"]


def test_a_catalogue_answers_every_row(client: httpx.Client, headers: dict[str, str]) -> None:
    rows = [
        {"text": "全网最好的充电器", "product_id": "P-1"},
        {"text": "小巧轻便"},
        {"text": "全网最好的蜂蜜", "product_id": "x"},
    ]
    answer = client.post("/v1/check/catalogue", json={"rows": rows, "passports": [CHARGER]}, headers=headers)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert [row["number"] for row in body["rows"]] == [1, 2, 3]
    assert body["flagged"] == 2
    assert body["rows"][0]["findings"][0]["finding"]["disposition"] == Disposition.FLAG.value
    assert body["rows"][1]["findings"] == []
    assert "'x'" in body["rows"][2]["error"]
    assert [r["finding"]["class"] for r in body["rows"][2]["findings"]] == ["ABS_SUPERLATIVE"]


def test_every_fault_of_passports_that_come_along_is_told(client: httpx.Client, headers: dict[str, str]) -> None:
    wrong = {**CHARGER, "category": "Electronics", "price": {"currency": "RMB"}}
    answer = client.post(
        "/v1/check", json={"text": "好", "passports": [CHARGER, wrong | {"id": "P-2"}]}, headers=headers
    )
    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json()["errors"]] == ["[1].category", "[1].price.currency"]
    assert "electronics" in answer.json()["errors"][0]["reason"]


@pytest.mark.parametrize("path", ["/v1/check", "/v1/check/catalogue"])
def test_a_key_twice_in_the_body_is_refused_with_its_line(
    client: httpx.Client, headers: dict[str, str], path: str
) -> None:
    body = '{"text": "好",\n "passports": [{"id": "P-1", "name": "甲", "name": "乙",\n "category": "food"}]}'
    answer = client.post(path, content=body.encode(), headers={**headers, "content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"path": "passports.0.name", "reason": "line 2: key 'name' stands twice; keep one"}
    ]


@pytest.mark.parametrize(("at", "warned"), [("2026-11-24T20:00:00+08:00", False), ("2027-11-24T20:00:00+08:00", True)])
def test_papers_that_are_not_in_force_are_warned_of(
    client: httpx.Client, headers: dict[str, str], at: str, warned: bool
) -> None:
    paper = {"scheme": "CCC", "number": "2026010907654321", "valid_until": "2027-06-30"}
    sent = {"passports": [CHARGER | {"certificates": [paper]}], "at": at}
    one = client.post("/v1/check", json=sent | {"text": "好"}, headers=headers).json()
    many = client.post("/v1/check/catalogue", json=sent | {"rows": [{"text": "好"}]}, headers=headers).json()
    assert one["warnings"] == many["warnings"]
    assert [("ended on 2027-06-30" in warning) for warning in one["warnings"]] == [True] * warned


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": "好", "kind": "song"}, "kind"),
        ({"text": "好", "at": "2026-11-24T20:00:00"}, "at"),
        ({"text": "好", "unknown": 1}, "unknown"),
        ({"text": "好", "passports": [{"id": "x"}]}, "name"),
        ({"text": "\ud800"}, "unicode"),
    ],
)
def test_what_is_wrong_is_named(
    client: httpx.Client, headers: dict[str, str], sent: dict[str, object], named: str
) -> None:
    body = json.dumps(sent)
    answer = client.post("/v1/check", content=body, headers={**headers, "content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert named in answer.json()["detail"]


def test_nobody_without_the_token_is_answered(client: httpx.Client) -> None:
    assert client.post("/v1/check", json={"text": "好"}).status_code == 403

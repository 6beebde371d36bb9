"""Passports over HTTP: versions, entity tags, what is missing, every form, found by code."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import yaml

from claims.passports.load import read_passports
from claims.passports.quantities import QuantityReader
from claims.products.code import gtin_of
from review.passports.objections import stored_objections
from review.passports.records import Registered
from review.stores import Stores
from review.tenants.types import Caller
from tests.review.server.api.conftest import ORDER, PASSPORT, As, Clock, Key, problem


@pytest.fixture
def acme(as_key: As, key: Key) -> httpx.Client:
    return as_key(key("acme"))


def test_a_passport_has_versions_and_the_same_again_is_none(acme: httpx.Client, platform: Stores) -> None:
    first = acme.put("/v1/passports/P-1", json=PASSPORT)
    assert first.status_code == 201, first.text
    assert first.headers["etag"] == f'"{first.json()["version"]}"'
    again = acme.put("/v1/passports/P-1", json=dict(reversed(PASSPORT.items())))
    assert (again.status_code, again.json()) == (200, first.json())
    changed = acme.put("/v1/passports/P-1", json=PASSPORT | {"brand": "示例电"})
    assert (changed.status_code, changed.json()["number"]) == (201, 2)
    versions = acme.get("/v1/passports/P-1/versions").json()["versions"]
    assert [each["number"] for each in versions] == [2, 1]
    old = acme.get("/v1/passports/P-1", params={"version": first.json()["version"]}).json()
    assert old["passport"] == PASSPORT
    assert acme.get("/v1/passports/P-1").json()["passport"]["brand"] == "示例电"
    assert sum("passport.registered" in line for line in platform.audit.export()) == 2


def test_a_write_over_what_somebody_else_changed_is_refused(acme: httpx.Client) -> None:
    etag = acme.put("/v1/passports/P-1", json=PASSPORT, headers={"If-None-Match": "*"}).headers["etag"]
    refused = acme.put("/v1/passports/P-1", json=PASSPORT, headers={"If-None-Match": "*"})
    problem(refused, 412)
    assert refused.headers["etag"] == etag
    changed = PASSPORT | {"brand": "示例电"}
    after = acme.put("/v1/passports/P-1", json=changed, headers={"If-Match": etag})
    assert after.status_code == 201
    problem(acme.put("/v1/passports/P-1", json=PASSPORT, headers={"If-Match": etag}), 412)
    assert acme.put(
        "/v1/passports/P-1", json=PASSPORT, headers={"If-Match": f'"x", {after.headers["etag"]}'}
    ).is_success
    problem(acme.put("/v1/passports/P-2", json=PASSPORT | {"id": "P-2"}, headers={"If-Match": "*"}), 412)


def test_what_is_as_it_was_seen_is_not_sent_again(acme: httpx.Client) -> None:
    etag = acme.put("/v1/passports/P-1", json=PASSPORT).headers["etag"]
    same = acme.get("/v1/passports/P-1", headers={"If-None-Match": f"W/{etag}"})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    assert acme.get("/v1/passports/P-1", headers={"If-None-Match": '"other"'}).status_code == 200


def test_what_is_missing_is_told_and_not_refused(acme: httpx.Client) -> None:
    assert acme.put("/v1/passports/P-1", json=PASSPORT).json()["warnings"] == []
    bare = {"id": "F-1", "name": "蜂蜜", "category": "food/honey"}
    warnings = acme.put("/v1/passports/F-1", json=bare).json()["warnings"]
    for part in ("FOOD_LICENCE_SC", "lowest_7d", "attributes:", "origin:", "gtin:", "images:"):
        assert sum(part in warning for warning in warnings) == 1, part
    licensed = bare | {"certificates": [{"scheme": "SC", "number": "SC12345678901234"}]}
    assert not any(
        "FOOD_LICENCE_SC" in each for each in acme.put("/v1/passports/F-1", json=licensed).json()["warnings"]
    )
    unknown = bare | {"certificates": [{"scheme": "FOO", "number": "1"}]}
    assert any("FOO" in each for each in acme.put("/v1/passports/F-1", json=unknown).json()["warnings"])


LONG = {"passport_id": "urn:demo:passport:01", "name_zh": "充电器", "category": "electronics/charger"}
UNTP = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://test.uncefact.org/vocabulary/untp/dpp/0.6.0/"],
    "type": ["DigitalProductPassport", "VerifiableCredential"],
    "id": "https://seller.example.com/dpp/17",
    "issuer": {"id": "did:web:seller.example.com", "name": "示例"},
    "credentialSubject": {
        "type": ["ProductPassport"],
        "product": {
            "id": "https://id.gs1.org/01/09520000000011",
            "name": "双口氮化镓充电器",
            "productCategory": [{"name": "electronics/charger"}],
        },
    },
}


@pytest.mark.parametrize(
    ("product_id", "content", "media_type"),
    [
        ("P-1", json.dumps(PASSPORT), "application/json"),
        ("P-1", yaml.safe_dump(PASSPORT, allow_unicode=True), "application/yaml; charset=utf-8"),
        ("urn:demo:passport:01", json.dumps(LONG), "application/json"),
        ("https://seller.example.com/dpp/17", json.dumps(UNTP), "application/ld+json"),
    ],
    ids=["short json", "short yaml", "long", "untp"],
)
def test_every_form_is_taken(acme: httpx.Client, product_id: str, content: str, media_type: str) -> None:
    path = "/v1/passports/" + product_id.replace("/", "%2F")
    answer = acme.put(path, content=content.encode(), headers={"Content-Type": media_type})
    assert answer.status_code == 201, answer.text
    assert acme.get(path).json()["product_id"] == product_id
    assert len(acme.get(f"{path}/versions").json()["versions"]) == 1
    [listed] = acme.get("/v1/passports").json()["passports"]
    assert listed["product_id"] == product_id


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nid: P-1\nname: n\ncategory: food\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    ("body", "media_type", "says"),
    [
        (b"{", "application/json", "neither JSON nor YAML"),
        (b"", "application/json", "neither JSON nor YAML"),
        (b"\xff\xfe", "application/json", "neither JSON nor YAML"),
        (b"[" * 100_000, "application/json", "nested too deep"),
        (b'{"id": NaN}', "application/json", "NaN is no JSON"),
        (BOMB.encode(), "application/yaml", "aliases"),
        (b"a: [", "application/yaml", "neither JSON nor YAML"),
        (json.dumps([PASSPORT]).encode(), "application/json", "holds a list"),
        (b'{"id":"P-1","name":"n","category":"food","x":1}', "application/json", "x: unknown key"),
        (b'{"id":"P-2","name":"n","category":"food"}', "application/json", "'P-2' in the passport and 'P-1'"),
        (b'{"id":"P-1","name":"n","category":"food","gtin":"123"}', "application/json", "GTIN 123"),
        (
            b'{"id":"P-1","name":"n","category":"food","images":[{"path_or_url":"/etc/passwd"}]}',
            "application/json",
            "images[0]: is no http or https URL",
        ),
        (b'{"name":"n"}', "application/json", "passport"),
        (b"7", "application/json", "passport"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    acme: httpx.Client, body: bytes, media_type: str, says: str
) -> None:
    answer = acme.put("/v1/passports/P-1", content=body, headers={"Content-Type": media_type})
    assert says in problem(answer, 422)
    problem(acme.get("/v1/passports/P-1"), 404)


WRONG = PASSPORT | {
    "category": "electronic/charger",
    "attributes": [
        {"name": "battery", "label": "电池容量", "value": 5, "unit": "kg"},
        {"name": "x", "label": "y\x1b[2J", "min": 5, "max": 3},
    ],
    "composition": [{"material": "a", "percent": 60}, {"material": "b", "percent": 60}],
    "price": {"currency": "RMB", "regular": -1},
}
PATHS = [
    *("category", "attributes.0.unit", "attributes.1.label", "attributes.1.min"),
    *("composition.1.percent", "price.currency", "price.regular"),
]


@pytest.mark.parametrize("media_type", ["application/json", "application/yaml"])
def test_what_is_not_let_in_is_told_as_a_whole(acme: httpx.Client, media_type: str) -> None:
    content = json.dumps(WRONG) if media_type.endswith("json") else yaml.safe_dump(WRONG)
    answer = acme.put("/v1/passports/P-1", content=content.encode(), headers={"Content-Type": media_type})
    assert f"and {len(PATHS) - 1} more" in problem(answer, 422)
    told = answer.json()
    assert (told["type"], told["code"]) == ("about:blank", "form")
    assert sorted(fault["path"] for fault in told["errors"]) == sorted(PATHS)
    assert all(fault["reason"] for fault in told["errors"])
    assert "\x1b" not in answer.text
    assert "\\u001b" not in answer.text
    problem(acme.get("/v1/passports/P-1"), 404)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        ('{"id": "P-1", "name": "n",\n "category": "food", "price": {"regular": 1, "regular": 2}}', "application/json"),
        ("id: P-1\nname: n\ncategory: food\nprice: {regular: 1,\n regular: 2}\n", "application/yaml"),
    ],
)
def test_a_key_that_stands_twice_is_refused(acme: httpx.Client, content: str, media_type: str) -> None:
    answer = acme.put("/v1/passports/P-1", content=content.encode(), headers={"Content-Type": media_type})
    assert "stands twice" in problem(answer, 422)
    assert [fault["path"] for fault in answer.json()["errors"]] == ["price.regular"]


def test_passports_of_an_order_are_held_to_the_same(acme: httpx.Client, work: Callable[[float], None]) -> None:
    work(4)
    sent = [PASSPORT, WRONG | {"id": "P-2"}, PASSPORT | {"id": "P-3", "category": "食品/蜂蜜"}]
    order = {key: value for key, value in ORDER.items() if key != "products"}
    answer = acme.post("/v1/streams", json=order | {"passports": sent})
    problem(answer, 422)
    wrong = {fault["path"] for fault in answer.json()["errors"]}
    assert wrong == {f"passports[1].{path}" for path in PATHS} | {"passports[2].category"}
    problem(acme.get("/v1/passports/P-1"), 404)
    twice = json.dumps(order | {"passports": [PASSPORT]}).replace('"id": "P-1"', '"id": "P-1", "id": "P-1"')
    answer = acme.post("/v1/streams", content=twice, headers={"Content-Type": "application/json"})
    assert "stands twice" in problem(answer, 422)


def test_a_paper_that_ended_is_warned_of_and_not_refused(acme: httpx.Client, clock: Clock) -> None:
    paper = {"scheme": "CCC", "number": "2026010907654321", "valid_until": "2026-11-30"}
    sent = PASSPORT | {"certificates": [paper]}
    assert acme.put("/v1/passports/P-1", json=sent).json()["warnings"] == []
    clock.wait(30 * 86_400)
    assert "ended on 2026-11-30" in str(acme.put("/v1/passports/P-1", json=sent).json()["warnings"])
    assert "ended on 2026-11-30" in str(acme.get("/v1/passports/P-1").json()["warnings"])


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_what_was_registered_before_stays_in_force_and_is_listed(
    acme: httpx.Client,
    platform: Stores,
    reader: QuantityReader,
    work: Callable[[float], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    work(4)
    old = {"id": "P-1", "name": "蜂蜜", "category": "foods/honey", "price": {"currency": "RMB", "regular": 9}}
    (passport,) = read_passports(old, reader, source="old")
    platform.passports.put(
        Caller.of_key(platform.keys.keys("acme")[0]), Registered(passport=passport, text=json.dumps(old))
    )
    assert acme.put("/v1/passports/P-2", json=PASSPORT | {"id": "P-2"}).status_code == 201
    told = acme.get("/v1/passports/P-1").json()
    assert told["passport"] == old
    assert sum(warning.startswith("refused today: ") for warning in told["warnings"]) == 2
    problem(acme.put("/v1/passports/P-1", json=old), 422)
    assert acme.post("/v1/streams", json=ORDER | {"products": ["P-1", "P-2"]}).status_code == 201
    assert sum("would be refused today" in record.message for record in caplog.records) == 1
    [found] = stored_objections(platform.passports, ["acme", "bolt", "local"], reader)
    assert (found.tenant_id, found.product_id) == ("acme", "P-1")
    assert [fault.partition(": ")[0] for fault in found.faults] == ["category", "price.currency"]


def test_the_list_pages_by_product(acme: httpx.Client) -> None:
    for number in range(5):
        acme.put(f"/v1/passports/P-{number}", json=PASSPORT | {"id": f"P-{number}", "gtin": None})
    acme.put("/v1/passports/P-3", json=PASSPORT | {"id": "P-3", "brand": "b"})
    first = acme.get("/v1/passports", params={"limit": 3}).json()
    second = acme.get("/v1/passports", params={"limit": 3, "after": first["next_after"]}).json()
    listed = first["passports"] + second["passports"]
    assert [each["product_id"] for each in listed] == [f"P-{number}" for number in range(5)]
    assert [each["number"] for each in listed] == [1, 1, 1, 2, 1]
    assert second["next_after"] is None


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_a_product_is_found_by_its_code_as_it_is_now(acme: httpx.Client) -> None:
    acme.put("/v1/passports/P-1", json=PASSPORT)
    acme.put("/v1/passports/P-2", json=PASSPORT | {"id": "P-2", "gtin": "9520000000028"})
    for code in ("9520000000011", "09520000000011", "https%3A%2F%2Fid.gs1.org%2F01%2F09520000000011%2F10%2FA1"):
        found = acme.get(f"/v1/codes/{code}").json()
        assert found["gtin"] == "09520000000011"
        assert [each["product_id"] for each in found["passports"]] == ["P-1"]
    assert [p["product_id"] for p in acme.get("/v1/passports?gtin=9520000000028").json()["passports"]] == ["P-2"]
    assert acme.get("/v1/codes/hello").json() == {"code": "hello", "gtin": None, "passports": []}
    problem(acme.get("/v1/passports?gtin=9520000000012"), 422)
    acme.put("/v1/passports/P-1", json=PASSPORT | {"gtin": None})
    assert acme.get("/v1/codes/9520000000011").json()["passports"] == []


def test_two_customers_products_of_one_id_are_two(acme: httpx.Client, as_key: As, key: Key) -> None:
    bolt = as_key(key("bolt"))
    acme.put("/v1/passports/P-1", json=PASSPORT)
    problem(bolt.get("/v1/passports/P-1"), 404)
    problem(bolt.get("/v1/passports/P-1/versions"), 404)
    assert bolt.put("/v1/passports/P-1", json=PASSPORT | {"name": "别的"}).json()["number"] == 1
    assert acme.get("/v1/passports/P-1").json()["passport"] == PASSPORT
    assert [p["number"] for p in bolt.get("/v1/passports").json()["passports"]] == [1]


@pytest.mark.parametrize(
    ("code", "gtin"),
    [
        ("96385074", "00000096385074"),
        ("036000291452", "00036000291452"),
        (" 4006381333931 ", "04006381333931"),
        ("4006381333932", None),
        ("https://id.gs1.org/01/04006381333931?x=1", "04006381333931"),
        ("https://id.gs1.org/01/04006381333932", None),
        ("４００６３８１３３３９３１", None),
        ("", None),
    ],
)
def test_a_code_is_a_gtin_only_with_its_check_digit(code: str, gtin: Any) -> None:
    assert gtin_of(code) == gtin

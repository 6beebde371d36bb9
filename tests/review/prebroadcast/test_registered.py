"""The lookup over registered passports: by id, by code, and by customer."""

import json

import pytest

from claims.policy.policy import Policy
from review.accounts.types import Person, Role
from review.passports.records import read_record
from review.passports.registered_lookup import RegisteredPassports
from review.stores import Stores
from review.tenants.types import Caller

ME = Caller.of_person(Person(id="p", name="小兰", role=Role.SENIOR))


@pytest.fixture
def lookup(stores: Stores, policy: Policy, records: tuple[dict[str, object], ...]) -> RegisteredPassports:
    """The demo's passports, the first in two versions."""
    changed = {**records[0], "name_zh": "改名的充电器"}
    for record in (records[0], *records[1:], changed):
        plain = json.loads(json.dumps({k: v for k, v in record.items() if k != "images"}, default=str))
        stores.passports.put(ME, read_record(plain, policy.quantity_reader, place="test"))
    return RegisteredPassports(stores.passports)


def test_passports_are_listed_in_their_latest_version(
    lookup: RegisteredPassports, records: tuple[dict[str, object], ...]
) -> None:
    listed = {each.product_id: each.name for each in lookup.listed("local", 10)}
    assert set(listed) == {record["passport_id"] for record in records}
    assert listed[str(records[0]["passport_id"])] == "改名的充电器"
    assert len(lookup.listed("local", 1)) == 1


@pytest.mark.parametrize("code", ["9520000000011", "09520000000011", "https://id.example.cn/01/09520000000011?s=1"])
def test_a_code_finds_its_passport(lookup: RegisteredPassports, code: str) -> None:
    assert [each.name for each in lookup.by_code("local", code)] == ["改名的充电器"]


def test_a_code_that_is_an_id_finds_it_too_and_others_find_nothing(lookup: RegisteredPassports) -> None:
    assert [each.product_id for each in lookup.by_code("local", "urn:demo:passport:01")] == ["urn:demo:passport:01"]
    assert lookup.by_code("local", "4006381333931") == []
    assert lookup.by_code("local", "no code") == []


def test_another_customer_sees_none_of_them(lookup: RegisteredPassports) -> None:
    assert lookup.listed("other", 10) == []
    assert lookup.by_code("other", "9520000000011") == []
    assert lookup.find("other", ["urn:demo:passport:01"]) == []

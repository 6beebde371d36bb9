"""A digital product passport written for this test, after the UNTP credential's shape; no real product's."""

from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from claims.errors import PassportError
from claims.passports.load import read_passports, survey_parsed
from claims.passports.records import Parsed
from claims.passports.untp import parse_digital_link
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy

CREDENTIAL: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["DigitalProductPassport", "VerifiableCredential"],
    "id": "https://example.com/credentials/1",
    "validFrom": "2026-01-01T00:00:00Z",
    "validUntil": "2027-12-31T00:00:00Z",
    "credentialSubject": {
        "type": ["ProductPassport"],
        "granularityLevel": "batch",
        "product": {
            "id": "https://id.example.cn/01/09520000000059/10/B260512",
            "name": "洋槐蜜",
            "productCategory": [{"code": "02910", "name": "food/honey"}],
            "producedByParty": {"name": "延安示例蜂业合作社"},
            "countryOfProduction": "CN",
            "productionDate": "2026-05-12",
            "dimensions": {"weight": {"value": 0.5, "unit": "KGM"}},
            "serialNumberScheme": "passed over",
        },
        "materialsProvenance": [{"name": "蜂蜜", "originCountry": "CN", "massFraction": 1}],
        "conformityClaim": [
            {
                "id": "c1",
                "description": "波美度42",
                "conformance": True,
                "conformityEvidence": {"linkURL": "https://lab.example/1", "linkName": "NC-26-0512"},
            },
            {"id": "c2", "description": "有机", "conformance": False, "conformityEvidence": {"linkURL": "https://x"}},
            {"id": "c3", "description": "无抗", "conformance": True},
        ],
    },
}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return packaged_policy()


def test_what_the_credential_says_is_registered(policy: Policy) -> None:
    (passport,) = read_passports(CREDENTIAL, policy.quantity_reader, source="honey.jsonld")
    assert (passport.id, passport.name, passport.category) == (CREDENTIAL["id"], "洋槐蜜", "food/honey")
    assert (passport.gtin, passport.origin_country) == ("09520000000059", "CN")
    (weight,) = passport.quantities
    assert (weight.path, weight.low, weight.unit) == ("specs.weight", Decimal("0.5"), "kg")
    (honey,) = passport.materials
    assert (honey.name, honey.origin, honey.percent) == ("蜂蜜", "CN", Decimal(100))
    assert str(passport.production_date) == "2026-05-12"
    assert str(passport.valid_to) == "2027-12-31"


def test_only_claims_that_hold_and_name_their_evidence_may_be_said(policy: Policy) -> None:
    (passport,) = read_passports(CREDENTIAL, policy.quantity_reader, source="honey.jsonld")
    assert [c.text for c in passport.permitted] == ["波美度42"]
    assert [(c.scheme, c.number) for c in passport.certificates] == [("OTHER", "NC-26-0512")]


def test_a_foreign_category_is_not_guessed_but_warned_about(policy: Policy) -> None:
    credential = deepcopy(CREDENTIAL)
    credential["credentialSubject"]["product"]["productCategory"] = [{"code": "02910", "name": "Natural honey"}]
    (passport,) = read_passports(credential, policy.quantity_reader, source="honey.jsonld")
    assert passport.category == "other"
    assert any("Natural honey" in warning for warning in passport.warnings)


def _no_name(subject: dict[str, Any]) -> None:
    del subject["product"]["name"]


def _heavy(subject: dict[str, Any]) -> None:
    subject["materialsProvenance"][0]["massFraction"] = 20


def _bad_check_digit(subject: dict[str, Any]) -> None:
    subject["product"]["id"] = "https://id.example.cn/01/09520000000058"


@pytest.mark.parametrize(
    ("spoil", "path"),
    [
        pytest.param(_no_name, "credentialSubject.product.name", id="no-name"),
        pytest.param(_heavy, "credentialSubject.materialsProvenance.0.massFraction", id="share-above-one"),
        pytest.param(_bad_check_digit, "gtin", id="wrong-check-digit"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(policy: Policy, spoil: Callable[[Any], None], path: str) -> None:
    credential = deepcopy(CREDENTIAL)
    spoil(credential["credentialSubject"])
    with pytest.raises(PassportError) as refused:
        read_passports([credential], policy.quantity_reader, source="honey.jsonld")
    assert refused.value.path == f"[0].{path}"


def test_a_wrong_passport_hides_neither_the_good_ones_nor_the_other_errors(policy: Policy) -> None:
    records = [CREDENTIAL, {"id": "A", "name": "甲", "category": "food", "wat": 1, "gtin": "1"}, {"name": "乙"}]
    survey = survey_parsed(Parsed(content=records), policy.quantity_reader, source="many.yaml")
    assert [p.name for p in survey.passports] == ["洋槐蜜"]
    assert [e.path for e in survey.errors] == ["[1].gtin", "[1].wat", "[2]"]


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("https://id.example.cn/01/9520000000011", {"gtin": "09520000000011"}),
        ("https://x.cn/a/01/09520000000059/10/B1/21/S9", {"gtin": "09520000000059", "batch": "B1", "serial": "S9"}),
        ("https://example.com/products/7", {}),
    ],
)
def test_digital_links(uri: str, found: dict[str, str]) -> None:
    assert parse_digital_link(uri) == found

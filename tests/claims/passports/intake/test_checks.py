"""The door as a whole: everything is told at once, what was let in before is loaded, nothing ends in a traceback."""

import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import configs
from claims.errors import PassportError, PassportsRefused
from claims.passports.load import (
    admit_file,
    admit_passports,
    load_passports,
    read_passports,
    survey_file,
    survey_parsed,
)
from claims.passports.quantities import QuantityReader
from claims.passports.records import Parsed, parse_json, parse_sent_records, record_text
from tests.claims.passports.intake.conftest import Faults, Survey
from tests.claims.passports.test_load import LONG, SHORT
from tests.material import beside

ROOT = Path(__file__).parents[4]
KEPT = sorted([*(ROOT / "tests").rglob("passports.json"), *(ROOT / "tests").rglob("passports.yaml")])
MANY = SHORT | {
    "category": "食品/蜂蜜",
    "gtin": "123",
    "colour": "red",
    "name": "a\x00",
    "price": {"currency": "RMB", "regular": -1},
    "attributes": [
        {"name": "battery", "label": "电池", "value": 5, "unit": "kg"},
        {"name": "battery", "label": "电池", "min": 9, "max": 5, "unit": "mAh"},
    ],
    "composition": [{"material": "cotton", "percent": 60}, {"material": "wool", "percent": 60}],
}
PATHS = {
    "category",
    "gtin",
    "colour",
    "name",
    "price.currency",
    "price.regular",
    "attributes.0.unit",
    "attributes.1.name",
    "attributes.1.min",
    "composition.1.percent",
}


def test_everything_that_is_wrong_is_told_at_once_with_path_and_id(survey: Survey) -> None:
    errors = survey({"id": "P-0", "name": "甲", "category": "food"}, MANY).errors
    assert {error.path.removeprefix("[1].") for error in errors} == PATHS
    assert all(error.path.startswith("[1].") for error in errors)
    assert all(str(error).endswith("(passport 'S-1')") for error in errors)


def test_the_good_ones_of_a_file_are_surveyed_beside_the_bad(survey: Survey) -> None:
    found = survey(SHORT, MANY | {"id": "S-2"}, LONG)
    assert [passport.id for passport in found.passports] == ["S-1", "L-1"]


def test_what_was_let_in_before_is_loaded_and_told_of(reader: QuantityReader) -> None:
    record = {key: value for key, value in MANY.items() if key not in {"gtin", "colour"}}
    with pytest.raises(PassportsRefused) as refused:
        admit_passports([record], reader, source="x")
    (passport,) = read_passports([record], reader, source="x")
    assert (passport.id, passport.category) == ("S-1", "食品/蜂蜜")
    assert len(passport.objections) == len(refused.value.errors) == len(PATHS) - 2
    assert not any("\x00" in objection for objection in passport.objections)
    assert read_passports([SHORT], reader, source="x")[0].objections == ()


@pytest.mark.parametrize("file", KEPT, ids=lambda f: f.parent.name)
def test_of_the_passports_in_this_tree_only_unknown_categories_are_refused(file: Path, reader: QuantityReader) -> None:
    wrong = [error for error in survey_file(file, reader).errors if not error.path.endswith(".category")]
    assert [str(error) for error in wrong] == []
    assert len(load_passports(file, reader)) > 3


def test_the_passports_of_the_demonstration_are_let_in(reader: QuantityReader) -> None:
    assert len(admit_file(configs.DEMO_DIR / "passports.yaml", reader)) > 2


@pytest.mark.parametrize("name", ["domain/passports.yaml", "real/passports.json"])
def test_passports_that_are_right_are_let_in(name: str, reader: QuantityReader) -> None:
    assert len(admit_file(beside(name), reader)) > 2


CREDENTIAL: dict[str, Any] = {
    "id": "urn:x:1",
    "credentialSubject": {
        "product": {
            "id": "https://id.example.com/01/09520000000011",
            "name": "洋槐蜜",
            "productCategory": [{"name": "food/honey"}],
            "dimensions": {"weight": {"value": 500, "unit": "GRM"}},
        },
        "materialsProvenance": [{"name": "棉", "massFraction": 0.6}, {"name": "毛", "massFraction": 0.4}],
    },
}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda p, m: p["productCategory"][0].update(name="foods/honey"), "product.productCategory.0.name"),
        (lambda p, m: p["dimensions"]["weight"].update(unit="LTR"), "product.dimensions"),
        (lambda p, m: p.update(name="蜂\x00蜜"), "product.name"),
        (lambda p, m: m[1].update(massFraction=0.6), "materialsProvenance.1"),
    ],
)
def test_a_credential_is_held_to_the_same_by_its_own_paths(
    faults: Faults, change: Callable[[Any, Any], None], path: str
) -> None:
    assert faults(CREDENTIAL) == {}
    record = copy.deepcopy(CREDENTIAL)
    subject = record["credentialSubject"]
    change(subject["product"], subject["materialsProvenance"])
    assert list(faults(record)) == [f"credentialSubject.{path}"]


NAMES = st.text(st.characters(exclude_categories=("C",)), min_size=1, max_size=12)
UNITS = ["g", "kg", "mL", "W", "mAh", "℃", "%", "片", "个", "mg/100g", "dB(A)", None]


@st.composite
def short_records(draw: st.DrawFn) -> dict[str, Any]:
    """Passports of the short form whose attributes may be anything that is let in."""
    attributes = [
        {"name": f"x{index}q", "value": draw(st.integers(0, 90)), "unit": draw(st.sampled_from(UNITS))}
        for index in range(draw(st.integers(0, 4)))
    ]
    shares = draw(st.lists(st.integers(0, 33), max_size=3))
    return {
        "id": draw(NAMES),
        "name": draw(NAMES),
        "category": draw(st.sampled_from(["food/honey", "other", "apparel/x/y"])),
        "aliases": draw(st.lists(NAMES, max_size=2)),
        "attributes": attributes,
        "composition": [{"material": f"m{i}", "percent": share} for i, share in enumerate(shares)],
        "price": {"regular": draw(st.integers(0, 9999)), "currency": draw(st.sampled_from(["CNY", "USD"]))},
    }


@given(short_records())
@settings(max_examples=60)
def test_what_was_let_in_is_stored_and_loaded_as_the_same(reader: QuantityReader, record: dict[str, Any]) -> None:
    (passport,) = admit_passports([record], reader, source="x")
    text = record_text(record)
    (stored,) = read_passports(json.loads(text), reader, source="x")
    assert stored == passport
    (as_yaml,) = admit_passports(yaml.safe_load(yaml.safe_dump(record, allow_unicode=True)), reader, source="x")
    assert as_yaml == passport


def _category(record: dict[str, Any], dice: random.Random) -> str:
    record["category"] = dice.choice(["foods", "Food", "食品", "x", "FOOD", "fo od"]) + dice.choice(["", "/honey"])
    return "category"


def _unit(record: dict[str, Any], dice: random.Random) -> str:
    first = {"name": "battery", "label": "电池容量", "value": 5, "unit": dice.choice(["kg", "furlong", "m", "℃", "qq"])}
    record["attributes"] = [first, *record["attributes"]]
    return "attributes.0.unit"


def _twice(record: dict[str, Any], dice: random.Random) -> str:
    one = {"name": "twice", "value": dice.randint(0, 9)}
    record["attributes"] = [one, *record["attributes"], one | {"value": dice.randint(0, 9)}]
    return f"attributes.{len(record['attributes']) - 1}.name"


def _share(record: dict[str, Any], dice: random.Random) -> str:
    record["composition"] = [*record["composition"], {"material": "last", "percent": dice.randint(102, 900)}]
    return f"composition.{len(record['composition']) - 1}.percent"


def _range(record: dict[str, Any], dice: random.Random) -> str:
    low = dice.randint(2, 90)
    record["attributes"] = [{"name": "zzz", "min": low, "max": low - 1}]
    return "attributes.0.min"


def _negative(record: dict[str, Any], dice: random.Random) -> str:
    record["attributes"] = [{"name": dice.choice(["weight", "size", "height"]), "value": -dice.randint(1, 90)}]
    return "attributes.0.value"


def _currency(record: dict[str, Any], dice: random.Random) -> str:
    record["price"]["currency"] = dice.choice(["RMB", "cny", "元", "XXX", "ABC", "US"])
    return "price.currency"


def _character(record: dict[str, Any], dice: random.Random) -> str:
    char = dice.choice("\x00\x01\x08\x1b\x7f\x80\x9f\u202e\u2067")
    at = dice.randint(0, len(record["name"]))
    record["name"] = record["name"][:at] + char + record["name"][at:]
    return "name"


@pytest.mark.parametrize(
    "mutate",
    [_category, _unit, _twice, _share, _range, _negative, _currency, _character],
    ids=lambda f: f.__name__.strip("_"),
)
@given(record=short_records(), seed=st.integers(0, 10_000))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_fault_is_refused_wherever_it_is_put(
    survey: Survey, mutate: Callable[[dict[str, Any], random.Random], str], record: dict[str, Any], seed: int
) -> None:
    path = mutate(record, random.Random(seed))
    found = survey(record)
    assert found.passports == ()
    assert f"[0].{path}" in {error.path for error in found.errors}
    assert all(error.product_id == repr(record["id"]) for error in found.errors)


KEYS = st.sampled_from([*SHORT, *LONG, "attributes", "credentialSubject", "product", "value", "min", "unit", "name"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(content=st.lists(st.dictionaries(KEYS, ANYTHING, min_size=1), min_size=1, max_size=3))
@settings(max_examples=150)
def test_no_content_ends_in_a_traceback(reader: QuantityReader, content: Any) -> None:
    for given_content in (content, content[0]):
        try:
            found = survey_parsed(Parsed(content=given_content), reader, source="x")
        except PassportError:
            continue
        assert found.errors or found.passports


@given(base=st.sampled_from([SHORT, LONG, CREDENTIAL]), key=KEYS, value=ANYTHING)
@settings(max_examples=150)
def test_no_value_in_a_good_passport_ends_in_a_traceback(
    reader: QuantityReader, base: dict[str, Any], key: str, value: Any
) -> None:
    found = survey_parsed(Parsed(content=[base | {key: value}]), reader, source="x")
    assert found.errors or found.passports
    for error in found.errors:
        assert "\x1b" not in str(error)


@given(text=st.binary(max_size=60) | st.text(max_size=60).map(lambda t: t.encode("utf-8", "surrogatepass")))
@settings(max_examples=150)
def test_no_bytes_end_in_a_traceback(reader: QuantityReader, text: bytes) -> None:
    for parse in (parse_json, parse_sent_records):
        try:
            parsed = parse(text)
            survey_parsed(parsed, reader, source="x")
        except (PassportError, ValueError, yaml.YAMLError):
            continue


@pytest.mark.parametrize(
    "text",
    [
        "- {id: P, name: n, category: food, 1: 2}",
        "- {id: P, name: n, category: food, ? [a] : 1}",
        "- {id: 1, name: 2, category: 3}",
        "- &a {id: P, name: n, category: food, aliases: [*a]}",
        "- {id: P, name: n, category: food, attributes: [{name: w, value: .inf}]}",
        "- {id: P, name: n, category: food, attributes: [{name: w, value: 1e999999999}]}",
        "- {id: !!binary aGk=, name: n, category: food}",
        "- {id: P, credentialSubject: {product: {name: n, 1: {2: 3}}}}",
        "- !!set {a, b}",
    ],
)
def test_odd_yaml_is_refused_in_words(tmp_path: Path, reader: QuantityReader, text: str) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PassportError):
        admit_file(file, reader)

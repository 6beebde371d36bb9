"""What stands twice: attributes and materials of one name, keys of one mapping."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from claims.errors import PassportsRefused
from claims.passports.load import admit_file, survey_file
from claims.passports.quantities import QuantityReader
from claims.text.doubled_keys import doubled_in_json, doubled_in_yaml
from tests.claims.passports.intake.conftest import Faults

SHORT: dict[str, Any] = {"id": "P-1", "name": "甲", "category": "other"}
LONG: dict[str, Any] = {"passport_id": "L-1", "name_zh": "甲", "category": "other"}


@pytest.mark.parametrize("other", ["power", "Power", " power", "ｐower"])
@pytest.mark.parametrize("value", [65, 100])
def test_an_attribute_that_stands_twice_is_refused(faults: Faults, other: str, value: int) -> None:
    attributes = [{"name": "power", "value": 65, "unit": "W"}, {"name": other, "value": value, "unit": "W"}]
    found = faults(SHORT | {"attributes": attributes})
    assert list(found) == ["attributes.1.name"]
    assert "first at attributes.0" in found["attributes.1.name"]


def test_an_attribute_under_another_condition_is_another(faults: Faults) -> None:
    both = [{"name": "power", "value": watts, "unit": "W", "condition": c} for watts, c in ((65, "单口"), (45, "双口"))]
    assert faults(SHORT | {"attributes": both}) == {}


def test_a_material_of_one_part_stands_once(faults: Faults) -> None:
    twice = [{"part": "fabric", "material": "cotton", "percent": 40}] * 2
    assert list(faults(SHORT | {"composition": twice})) == ["composition.1.material"]
    parts = [{"part": part, "material": "cotton", "percent": 100} for part in ("fabric", "lining")]
    assert faults(SHORT | {"composition": parts}) == {}


@pytest.mark.parametrize(
    ("field", "entry", "path"),
    [
        ("specs", {"key": "k", "name_zh": "键", "text": "x"}, "specs.1.key"),
        ("materials", {"name": "棉"}, "materials.1.name"),
        ("evidence", {"doc_id": "e1", "kind": "OTHER", "number": "1"}, "evidence.1.doc_id"),
        ("nutrition", {"name": "钠", "per": "100g", "amount": {"value": 1, "unit": "MGM"}}, "nutrition.1.name"),
    ],
)
def test_entries_of_the_long_form_stand_once(faults: Faults, field: str, entry: dict[str, Any], path: str) -> None:
    assert list(faults(LONG | {field: [entry, entry]})) == [path]


JSON_TWICE = """[
  {"id": "P-0", "name": "a", "category": "food"},
  {"id": "P-1", "name": "b \\" {,", "category": "food",
   "price": {"regular": 9, "x": [1, {"y": 2}],
             "regular": 10},
   "name": "c"}
]"""
YAML_TWICE = """passports:
- {id: P-0, name: a, category: food}
- id: P-1
  name: b
  category: food
  price:
    regular: 9
    regular: 10
  name: c
"""


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("p.json", JSON_TWICE, [("[1].price.regular", 5), ("[1].name", 6)]),
        ("p.yaml", YAML_TWICE, [("passports[1].price.regular", 8), ("passports[1].name", 9)]),
    ],
)
def test_every_key_that_stands_twice_is_told_with_line_and_passport(
    tmp_path: Path, reader: QuantityReader, name: str, text: str, told: list[tuple[str, int]]
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    survey = survey_file(tmp_path / name, reader)
    assert [passport.id for passport in survey.passports] == ["P-0"]
    doubled = [error for error in survey.errors if "stands twice" in error.reason]
    assert [(error.path, error.product_id) for error in doubled] == [(path, "'P-1'") for path, _ in told]
    assert [f"line {line}: " in error.reason for error, (_, line) in zip(doubled, told, strict=True)] == [True, True]
    with pytest.raises(PassportsRefused) as refused:
        admit_file(tmp_path / name, reader)
    assert [error.path for error in refused.value.errors] == [error.path for error in survey.errors]


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
)


@given(JSONS)
def test_what_python_writes_has_no_key_twice(content: Any) -> None:
    assert doubled_in_json(json.dumps(content, indent=1)) == []
    assert doubled_in_json(json.dumps(content, ensure_ascii=False)) == []


@given(st.dictionaries(st.text(min_size=1), JSONS, min_size=1), st.data())
def test_a_key_written_twice_is_always_found(content: dict[str, Any], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(content)))
    pairs = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in [*content.items(), (key, 0)]]
    (found,) = doubled_in_json("[{\n" + ",\n".join(pairs) + "}]")
    assert found.path == (0, key)
    assert found.line == len(pairs) + 1


def test_a_yaml_alias_within_itself_ends(tmp_path: Path, reader: QuantityReader) -> None:
    assert doubled_in_yaml("a: &a [*a]\nb: 1\nb: 2\n")[0].line == 3
    with pytest.raises(yaml.YAMLError):
        doubled_in_yaml("a: [")

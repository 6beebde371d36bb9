import copy
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from claims.errors import PassportError
from claims.passports.load import load_passports, read_passports
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from tests.claims.support import CHINA, HONEY, POWER_BANK

Load = Callable[..., tuple[Passport, ...]]

SHORT: dict[str, Any] = {
    "id": "S-1",
    "gtin": "9520000000011",
    "name": "双口氮化镓充电器",
    "aliases": ["充电头"],
    "brand": "示例电",
    "category": "electronics/charger",
    "origin": "CN",
    "origin_region": "广东",
    "manufacturer": "示例电子有限公司",
    "attributes": [
        {
            "name": "power_output",
            "label": "输出功率",
            "value": 65,
            "unit": "W",
            "tolerance_percent": 5,
            "kind": "maximum",
            "condition": "单口",
            "aliases": ["多少瓦"],
        },
        {"name": "working_temperature", "label": "温度", "min": -10, "max": 40, "unit": "℃"},
        {"name": "size", "label": "尺寸", "text": "60x60x30mm"},
    ],
    "composition": [{"part": "shell", "material": "pc", "label": "聚碳酸酯", "percent": 100, "origin": "CN"}],
    "ingredients": ["水"],
    "certificates": [
        {
            "scheme": "CCC",
            "number": "2026010907654321",
            "scope": "适配器",
            "issuer": "示例认证",
            "issued": "2026-01-01",
            "valid_from": "2026-01-01",
            "valid_until": "2029-06-30",
        }
    ],
    "registered_claims": ["过充保护"],
    "price": {
        "currency": "CNY",
        "regular": 129,
        "lowest_7d": 99,
        "history": [
            {"at": "2026-11-20T20:00:00+08:00", "deal_price": 99, "currency": "CNY", "channel": "live", "kind": "deal"}
        ],
    },
    "images": [{"path_or_url": "front.jpg", "sha256": "00", "view": "front"}],
    "valid_from": "2026-01-01",
    "valid_to": "2028-01-01",
}
LONG: dict[str, Any] = {
    "passport_id": "L-1",
    "schema_version": "0.1",
    "granularity": "model",
    "gtin": "9520000000011",
    "name_zh": "枣花蜜",
    "aliases": ["蜂蜜"],
    "brand": "示例蜜",
    "trademarks": ["示例"],
    "category": "food/honey",
    "producer": "示例蜂业",
    "brand_country": "CN",
    "origin_country": "CN",
    "origin_region": "CN-SN",
    "brand_since": 2015,
    "net_content": {"value": "500", "unit": "GRM", "kind": "exact", "tol_pct": "3"},
    "pack_count": 2,
    "materials": [
        {"name": "玻璃", "part": "瓶", "percent": {"value": 100, "unit": "P1"}, "aliases": [], "origin": "CN"}
    ],
    "ingredients": ["蜂蜜"],
    "nutrition": [{"name": "糖", "per": "100g", "amount": {"value": 80, "unit": "GRM"}}],
    "specs": [
        {
            "key": "baume",
            "name_zh": "波美度",
            "spoken_aliases": ["几度"],
            "q": {"value": 42, "unit_text": "°Bé"},
            "condition": "20℃",
            "evidence": ["e1"],
        },
        {"key": "honey_source", "name_zh": "蜜源", "text": "枣花"},
    ],
    "standards": ["GB 14963"],
    "evidence": [
        {
            "doc_id": "e1",
            "kind": "TEST_REPORT",
            "number": "R-1",
            "issuer": "示例检测",
            "issued": "2026-01-01",
            "valid_from": "2026-01-01",
            "valid_to": "2027-01-01",
            "scope": "理化",
        }
    ],
    "permitted_claims": [
        {"text_zh": "波美度42", "claim_class": "SPEC_PARAM", "verbatim_only": True, "evidence": ["e1"]}
    ],
    "unsuitable_groups": ["一岁以下"],
    "awards": ["金奖"],
    "warranty": "质保24个月",
    "shelf_life_days": 540,
    "production_date": "2026-05-01",
    "msrp": 99,
    "price_history": [{"at": "2026-11-20T20:00:00", "deal_price": "59"}],
    "images": [{"path_or_url": "https://example.cn/1.jpg", "view": "label"}],
    "valid_to": "2028-01-01",
}


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a record, from the top down."""
    entries: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, dict):
        entries = iter(value.items())
    elif isinstance(value, list):
        entries = iter(enumerate(value))
    for key, inner in entries:
        yield (*path, key)
        yield from places(inner, (*path, key))


def with_value(record: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(record)
    target: Any = changed
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = value
    return changed


def dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path))


def value_at(record: Any, path: tuple[str | int, ...]) -> Any:
    return value_at(record[path[0]], path[1:]) if path else record


FORMS = {"short": SHORT, "long": LONG}
EVERY_PLACE = [pytest.param(r, p, id=f"{n}-{dotted(p)}") for n, r in FORMS.items() for p in places(r)]
EVERY_MAPPING = [
    pytest.param(record, path, id=f"{name}-{dotted(path) or 'top'}")
    for name, record in FORMS.items()
    for path in [(), *places(record)]
    if isinstance(value_at(record, path), dict)
]


@pytest.mark.parametrize(("record", "path"), EVERY_PLACE)
def test_every_value_of_a_wrong_type_is_refused_with_its_path(
    load: Load, record: dict[str, Any], path: tuple[str | int, ...]
) -> None:
    with pytest.raises(PassportError) as caught:
        load(with_value(record, path, {"no such key": 1}))
    assert caught.value.path.startswith(f"[0].{dotted(path)}")
    assert "test.json" in str(caught.value)


@pytest.mark.parametrize(("record", "path"), EVERY_MAPPING)
def test_every_unknown_key_is_refused_with_its_path(
    load: Load, record: dict[str, Any], path: tuple[str | int, ...]
) -> None:
    with pytest.raises(PassportError, match="unknown key") as caught:
        load(with_value(record, (*path, "colour"), "red"))
    assert caught.value.path == f"[0].{dotted((*path, 'colour'))}"


@pytest.mark.parametrize(
    ("record", "path", "value", "reason"),
    [
        pytest.param(SHORT, ("gtin",), "9520000000012", "check digit", id="a GTIN with a wrong check digit"),
        pytest.param(LONG, ("gtin",), "123", "check digit", id="a GTIN of three digits"),
        pytest.param(SHORT, ("name",), "", "at least 1 character", id="no name"),
        pytest.param(SHORT, ("attributes", 0, "value"), "viel", "write it as text", id="a value that is no number"),
        pytest.param(SHORT, ("attributes", 0, "value"), float("nan"), "finite", id="a value that is not a number"),
        pytest.param(SHORT, ("attributes", 0, "kind"), "roughly", "maximum", id="an unknown kind"),
        pytest.param(SHORT, ("certificates", 0, "valid_until"), "soon", "date", id="a term that is no day"),
        pytest.param(LONG, ("origin_country",), "China", "pattern", id="a country that is no code"),
        pytest.param(LONG, ("nutrition", 0, "per"), "spoon", "serving", id="an unknown portion"),
        pytest.param(LONG, ("price_history", 0, "at"), "yesterday", "datetime", id="a moment that is none"),
    ],
)
def test_wrong_values_are_refused_with_their_path(
    load: Load, record: dict[str, Any], path: tuple[str | int, ...], value: object, reason: str
) -> None:
    with pytest.raises(PassportError, match=reason) as caught:
        load(with_value(record, path, value))
    assert caught.value.path == f"[0].{dotted(path)}"


@pytest.mark.parametrize("missing", ["name", "category"])
def test_what_is_needed_and_missing_is_named(load: Load, missing: str) -> None:
    with pytest.raises(PassportError, match="Field required") as caught:
        load({key: value for key, value in SHORT.items() if key != missing})
    assert caught.value.path == f"[0].{missing}"


@pytest.mark.parametrize(
    ("content", "path", "reason"),
    [
        pytest.param("text", "", "no list of passports", id="plain text"),
        pytest.param(None, "", "no list of passports", id="an empty file"),
        pytest.param([], "", "holds no passport", id="an empty list"),
        pytest.param({"passports": []}, "passports", "holds no passport", id="an empty list under passports"),
        pytest.param({"passports": {}}, "passports", "must be a list", id="a mapping under passports"),
        pytest.param({"passports": [HONEY], "extra": 1}, "extra", "unknown key", id="a key beside passports"),
        pytest.param({"passports": [HONEY], 5: 1, "a": 2}, "5", "unknown key", id="a number as key"),
        pytest.param([HONEY, "text"], "[1]", "is no mapping", id="text among passports"),
        pytest.param({"passports": [{"name": "x"}]}, "passports[0]", "neither passport_id", id="no id"),
        pytest.param([HONEY, HONEY], "[1]", "stands twice", id="the same id twice"),
        pytest.param([{**HONEY, 7: "x"}], "[0].7", "Keys should be strings", id="a number as key of a passport"),
        pytest.param([{**HONEY, "brand": "\ud800"}], "[0]", "surrogate", id="half of a surrogate pair"),
    ],
)
def test_what_is_no_passport_file_is_refused(policy: Policy, content: object, path: str, reason: str) -> None:
    with pytest.raises(PassportError, match=reason) as caught:
        read_passports(content, policy.quantity_reader, source="test.json")
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        pytest.param("p.yaml", "passports: [", "neither YAML nor JSON", id="broken YAML"),
        pytest.param("p.json", '{"id": "1",}', "neither YAML nor JSON", id="broken JSON"),
        pytest.param(
            "p.yaml", "- id: P\n  name: 杯\n  name: 壶\n  category: home", "'name' stands twice", id="a key twice"
        ),
        pytest.param("p.json", "[" * 100_000, "nested too deep", id="nested too deep"),
    ],
)
def test_broken_files_are_named(policy: Policy, tmp_path: Path, name: str, text: str, reason: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PassportError, match=reason) as caught:
        load_passports(path, policy.quantity_reader)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(policy: Policy, tmp_path: Path) -> None:
    with pytest.raises(PassportError, match="cannot be read"):
        load_passports(tmp_path / "none.yaml", policy.quantity_reader)


def test_yaml_and_json_read_alike(policy: Policy, tmp_path: Path) -> None:
    content = {"meta": {"note": "two forms"}, "passports": [SHORT, LONG]}
    (tmp_path / "p.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    from_json = load_passports(tmp_path / "p.json", policy.quantity_reader)
    assert from_json == load_passports(tmp_path / "p.yaml", policy.quantity_reader)
    assert from_json[0].images == (str(tmp_path / "front.jpg"),)
    assert from_json[1].images == ("https://example.cn/1.jpg",)


def test_the_version_is_the_content(load: Load) -> None:
    (one,), (same,), (other,) = load(SHORT), load(dict(reversed(SHORT.items()))), load({**SHORT, "brand": "别的"})
    assert one.version == same.version != other.version


def test_the_short_form_is_read_whole(load: Load) -> None:
    (passport,) = load(SHORT)
    power, temperature, *sizes = passport.quantities
    assert (power.path, power.unit, power.canonical_low, power.kind) == ("attributes.power_output", "W", 65, "maximum")
    assert (temperature.low, temperature.high, temperature.unit) == (-10, 40, "celsius")
    assert [q.canonical_low for q in sizes] == [60, 60, 30]
    assert passport.certificates[0].valid_to == date(2029, 6, 30)
    assert (passport.msrp, passport.lowest_7d, passport.price_history[0].price) == (129, 99, 99)
    assert passport.permitted[0].text == "过充保护"
    assert passport.producer == "示例电子有限公司"
    assert passport.warnings == ()


def test_the_long_form_is_read_whole(load: Load) -> None:
    (passport,) = load(LONG)
    by_path = {q.path: q for q in passport.quantities}
    assert by_path["net_content"].canonical_low == 500
    assert by_path["pack_count"].low == 2
    assert by_path["specs.baume"].dimension == "baume_degree"
    assert by_path["shelf_life_days"].canonical_low == 540
    assert by_path["warranty"].canonical_low == Decimal(720)
    assert by_path["nutrition.糖"].condition == "每100g"
    assert passport.names == ("枣花蜜", "蜂蜜", "示例")
    assert passport.certificates[0].path == "evidence.e1"
    assert passport.price_history[0].at == datetime(2026, 11, 20, 20, tzinfo=CHINA)


def test_evidence_that_is_used_must_be_listed(load: Load) -> None:
    with pytest.raises(PassportError, match="'e9' is used but not listed"):
        load(with_value(LONG, ("specs", 0, "evidence"), ["e9"]))


def test_a_quantity_without_a_value_is_refused(load: Load) -> None:
    with pytest.raises(PassportError, match=r"net_content: a quantity needs value, min or max"):
        load({**LONG, "net_content": {"unit": "GRM"}})


@pytest.mark.parametrize(
    ("attribute", "unit"),
    [
        pytest.param({"name": "power", "label": "功率", "value": 65}, "W", id="no unit: the attribute's own"),
        pytest.param({"name": "power", "label": "功率", "value": 65, "unit": "KWT"}, "kW", id="a code"),
        pytest.param({"name": "power", "label": "功率", "value": 65, "unit": "千瓦"}, "kW", id="a spoken unit"),
        pytest.param({"name": "count", "label": "数量", "value": 6, "unit": "丸"}, "piece", id="an unknown counter"),
        pytest.param({"name": "power", "label": "功率", "value": 65, "unit": "kWh/24h"}, None, id="an unknown unit"),
        pytest.param({"name": "colour", "label": "颜色数", "value": 3}, None, id="no unit and no attribute"),
        pytest.param({"name": "weight", "label": "主石质量", "value": 1, "unit": "ct"}, "carat", id="carats"),
    ],
)
def test_the_unit_of_an_attribute(load: Load, attribute: dict[str, Any], unit: str | None) -> None:
    (passport,) = load({**HONEY, "attributes": [attribute]})
    assert [q.unit for q in passport.quantities] == ([unit] if unit else [])
    assert bool(passport.texts) is (unit is None)


def test_a_size_in_words_is_read_with_every_factor(load: Load) -> None:
    (passport,) = load({**HONEY, "attributes": [{"name": "size", "label": "尺寸", "text": "1800x2000x220mm"}]})
    assert [q.canonical_low for q in passport.quantities] == [1800, 2000, 220]


def test_labels_in_other_scripts_become_the_words_that_are_heard(load: Load) -> None:
    (passport,) = load({**HONEY, "attributes": [{"name": "x", "label": "電池容量", "value": 5, "unit": "Ah"}]})
    assert passport.quantities[0].cues[0] == "电池容量"


@pytest.mark.parametrize(
    ("certificate", "known", "warning"),
    [
        pytest.param({"scheme": "CCC", "number": "2026010907654321"}, True, None, id="in order"),
        pytest.param({"scheme": "SC", "number": "SC10236070212345"}, True, None, id="another name of a scheme"),
        pytest.param(
            {"scheme": "CCC", "number": "12"}, True, "'12' does not look like a number of CCC", id="wrong shape"
        ),
        pytest.param({"scheme": "CCC"}, True, "'' does not look like", id="no number"),
        pytest.param({"scheme": "ISO9001", "number": "1"}, False, "scheme 'ISO9001' is not known", id="unknown scheme"),
    ],
)
def test_doubtful_certificates_are_warned_about(
    load: Load, certificate: dict[str, str], known: bool, warning: str | None
) -> None:
    (passport,) = load({**POWER_BANK, "certificates": [certificate]})
    assert len(passport.certificates) == known
    assert len(passport.unknown_certificates) == (not known)
    assert len(passport.warnings) == (warning is not None)
    if warning is not None:
        assert warning in passport.warnings[0]
        assert "P-1: certificates.0" in passport.warnings[0]


def test_unknown_evidence_of_the_long_form_is_warned_about_too(load: Load) -> None:
    (passport,) = load(with_value(LONG, ("evidence", 0, "kind"), "HALAL"))
    assert passport.certificates == ()
    assert passport.unknown_certificates[0].path == "evidence.e1"
    assert "scheme 'HALAL' is not known; it is kept and supports nothing" in passport.warnings[0]

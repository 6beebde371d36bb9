from typing import Any

import pytest

from claims.passports.bounds import PassportBounds, too_large

BOUNDS = PassportBounds(entries=2, values=14, text_chars=5, name_chars=3)
FINE: dict[str, Any] = {
    "id": "P",
    "name": "蜂蜜",
    "attributes": [{"name": "净含量规格", "value": 1}],
    "aliases": ["蜜"],
}


def test_what_is_within_the_bounds_is_let_be() -> None:
    assert too_large(FINE, BOUNDS) is None


@pytest.mark.parametrize(
    ("changed", "path", "limit"),
    [
        pytest.param({"name": "枣花蜂蜜"}, "name", "3", id="name"),
        pytest.param({"brand": "一二三四"}, "brand", "3", id="brand"),
        pytest.param({"aliases": ["蜜", "枣花蜂蜜"]}, "aliases[1]", "3", id="alias"),
        pytest.param({"aliases": ["一", "二", "三"]}, "aliases", "2", id="aliases"),
        pytest.param({"attributes": [{"name": "净含量规格书"}]}, "attributes[0].name", "5", id="text within"),
        pytest.param({"attributes": [{"aliases": [1, 2, 3]}]}, "attributes[0].aliases", "2", id="list within"),
        pytest.param({"more": {str(n): n for n in range(12)}}, "", "14", id="values"),
        pytest.param({"x": [[[[[]]]]]}, "", "", id="fine nesting"),
    ],
)
def test_the_first_thing_over_a_bound_is_named(changed: dict[str, Any], path: str, limit: str) -> None:
    found = too_large({**FINE, **changed}, BOUNDS)
    if not limit:
        assert found is None
        return
    assert found is not None
    assert found[0] == path
    assert limit in found[1]


def test_a_record_nested_without_end_is_refused_and_not_followed() -> None:
    record: list[Any] = []
    for _ in range(100_000):
        record = [record]
    found = too_large(record, PassportBounds())
    assert found is not None
    assert "nested" in found[1]

from collections.abc import Callable
from typing import Any

import pytest

from claims.passports.passport import Passport
from claims.products.code import ProductCodeIndex, gtin_of
from tests.claims.support import HONEY, POWER_BANK

FULL = "09520000000011"


@pytest.mark.parametrize(
    ("text", "gtin"),
    [
        pytest.param("9520000000011", FULL, id="EAN-13"),
        pytest.param("09520000000011", FULL, id="GTIN-14"),
        pytest.param("96385074", "00000096385074", id="EAN-8"),
        pytest.param("9520000000012", None, id="a wrong check digit"),
        pytest.param("https://id.example.cn/01/09520000000011", FULL, id="a digital link"),
        pytest.param("https://id.example.cn/a/b/01/09520000000011/10/LOT7?11=260101", FULL, id="with path and lot"),
        pytest.param("HTTPS://ID.EXAMPLE.CN/01/09520000000011", FULL, id="in capitals, as QR codes pack it"),
        pytest.param("https://example.cn/p?01=09520000000011", FULL, id="as a parameter"),
        pytest.param("https://example.cn/gtin/9520000000011", FULL, id="the older spelling"),
        pytest.param("https://example.cn/01/12345", None, id="no GTIN after 01"),
        pytest.param("https://example.cn/item/9520000000011", None, id="digits elsewhere in a link"),
        pytest.param("https://[broken/01/09520000000011", None, id="a broken link"),
        pytest.param("加微信领券", None, id="words"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_the_number_that_a_code_carries(text: str, gtin: str | None) -> None:
    assert gtin_of(text) == gtin


@pytest.fixture
def codes(load: Callable[..., tuple[Passport, ...]]) -> ProductCodeIndex:
    long: dict[str, Any] = {
        "passport_id": "https://passport.example.cn/item/7",
        "name_zh": "清透防晒乳",
        "category": "cosmetics/special/sunscreen",
        "digital_link": "https://id.example.cn/s/7",
    }
    return ProductCodeIndex(load({**POWER_BANK, "gtin": "9520000000011"}, HONEY, long))


@pytest.mark.parametrize(
    ("text", "product_id"),
    [
        pytest.param("9520000000011", "P-1", id="its EAN"),
        pytest.param("https://anybody.example/01/09520000000011", "P-1", id="anybody's digital link to it"),
        pytest.param("https://id.example.cn/s/7/", "https://passport.example.cn/item/7", id="the passport's link"),
        pytest.param("https://passport.example.cn/item/7#top", "https://passport.example.cn/item/7", id="its own id"),
        pytest.param("9520000000028", None, id="another product's number"),
        pytest.param("https://id.example.cn/s/70", None, id="a longer link"),
        pytest.param("P-1", None, id="an id that is no link"),
    ],
)
def test_whose_code_it_is(codes: ProductCodeIndex, text: str, product_id: str | None) -> None:
    passport = codes.product_of(text)
    assert (passport.id if passport else None) == product_id

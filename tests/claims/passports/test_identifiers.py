import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.passports.identifiers import gtin_is_valid, patent_is_valid


@pytest.mark.parametrize("gtin", ["9520000000011", "96385074", "036000291452", "00012345600012"])
def test_a_gtin_with_the_right_check_digit(gtin: str) -> None:
    assert gtin_is_valid(gtin)


@pytest.mark.parametrize(
    "gtin",
    [
        pytest.param("9520000000012", id="wrong check digit"),
        pytest.param("952000000001", id="one digit short, no GTIN-12"),
        pytest.param("952000000", id="nine digits"),
        pytest.param("952000000001a", id="a letter"),
        pytest.param("9520000000011 ", id="a space"),
        pytest.param("９５２００００００００１１", id="full-width digits"),
        pytest.param("", id="empty"),
    ],
)
def test_what_is_no_gtin(gtin: str) -> None:
    assert not gtin_is_valid(gtin)


@given(st.sampled_from([7, 11, 12, 13]).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n)), st.data())
def test_one_check_digit_fits_and_one_wrong_digit_is_noticed(body: str, data: st.DataObject) -> None:
    (good,) = [body + digit for digit in "0123456789" if gtin_is_valid(body + digit)]
    place = data.draw(st.integers(0, len(good) - 1))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != good[place]]))
    assert not gtin_is_valid(good[:place] + wrong + good[place + 1 :])


@pytest.mark.parametrize("number", ["ZL202310123456.6", "ZL 2023 1 0123456.6", "zl202310123456.6"])
def test_a_patent_number_with_the_right_check_digit(number: str) -> None:
    assert patent_is_valid(number)


@pytest.mark.parametrize(
    "number", ["ZL202310123456.7", "202310123456.6", "ZL20231012345.6", "ZL202310123456", "CN202310123456.6", ""]
)
def test_what_is_no_patent_number(number: str) -> None:
    assert not patent_is_valid(number)

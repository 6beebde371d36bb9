import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.passports.identifiers import (
    CERTIFICATE_FORMATS,
    certificate_number_is_valid,
    gtin_is_valid,
    patent_is_valid,
    scheme_of,
)


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


@pytest.mark.parametrize(
    ("scheme", "number"),
    [
        ("CCC", "2026010907654321"),
        ("HEALTH_FOOD_REG", "国食健注G20230001"),
        ("HEALTH_FOOD_REG", "国食健字G20050001"),
        ("HEALTH_FOOD_REG", "卫食健字(2003)第0001号"),
        ("HEALTH_FOOD_FILING", "食健备G202344000001"),
        ("INFANT_FORMULA_REG", "国食注字YP20230001"),
        ("FSMP_REG", "国食注字TY20230001"),
        ("FOOD_LICENCE_SC", "SC10236070212345"),
        ("COSMETIC_SPECIAL", "国妆特字20230001"),
        ("COSMETIC_FILING", "粤G妆网备字2023000001"),
        ("DEVICE_REG", "国械注准20233000001"),
        ("DEVICE_FILING", "粤穗械备20230001号"),
        ("DRUG", "国药准字Z20230001"),
        ("ORGANIC", "001OP2300001"),
        ("AD_APPROVAL", "国食健广审(视)第270101-00001号"),
        ("PATENT", "ZL202310123456.6"),
        ("TEST_REPORT", "R-1"),
        ("OTHER", "老字号"),
    ],
)
def test_numbers_of_the_right_shape(scheme: str, number: str) -> None:
    assert certificate_number_is_valid(scheme, number)


@pytest.mark.parametrize(
    ("scheme", "number"),
    [
        ("CCC", "202601090765432"),
        ("HEALTH_FOOD_REG", "国食健注G2023001"),
        ("HEALTH_FOOD_FILING", "国食健注G20230001"),
        ("FOOD_LICENCE_SC", "QS10236070212345"),
        ("DRUG", "国药准字20230001"),
        ("PATENT", "ZL202310123456.7"),
        ("GEM_REPORT", ""),
        ("ISO9001", "123"),
    ],
)
def test_numbers_of_the_wrong_shape(scheme: str, number: str) -> None:
    assert not certificate_number_is_valid(scheme, number)


@pytest.mark.parametrize(
    ("written", "number", "scheme"),
    [
        ("SC", "SC10236070212345", "FOOD_LICENCE_SC"),
        ("NMPA_SPECIAL_COSMETIC", "国妆特字20230001", "COSMETIC_SPECIAL"),
        ("BLUE_HAT", "国食健注G20230001", "HEALTH_FOOD_REG"),
        ("BLUE_HAT", "食健备G202344000001", "HEALTH_FOOD_FILING"),
        ("CCC", "", "CCC"),
        ("ISO9001", "1", "ISO9001"),
    ],
)
def test_schemes_under_other_names(written: str, number: str, scheme: str) -> None:
    assert scheme_of(written, number) == scheme
    assert (scheme in CERTIFICATE_FORMATS) is (written != "ISO9001")

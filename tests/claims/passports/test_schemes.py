import pytest

from claims.policy.policy import Policy


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
def test_numbers_of_the_right_shape(policy: Policy, scheme: str, number: str) -> None:
    assert policy.schemes.is_number(scheme, number)


@pytest.mark.parametrize(
    ("scheme", "number"),
    [
        ("CCC", "202601090765432"),
        ("HEALTH_FOOD_REG", "国食健注G2023001"),
        ("HEALTH_FOOD_FILING", "国食健注G20230001"),
        ("FOOD_LICENCE_SC", "QS10236070212345"),
        ("DRUG", "国药准字20230001"),
        ("PATENT", "ZL202310123456.7"),
        ("CCC", "２０２６０１０９０７６５４３２１"),
        ("GEM_REPORT", ""),
        ("ISO9001", "123"),
    ],
)
def test_numbers_of_the_wrong_shape(policy: Policy, scheme: str, number: str) -> None:
    assert not policy.schemes.is_number(scheme, number)


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
def test_schemes_under_other_names(policy: Policy, written: str, number: str, scheme: str) -> None:
    assert policy.schemes.meant(written, number) == scheme
    assert policy.schemes.knows(scheme) is (written != "ISO9001")

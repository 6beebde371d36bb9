import pytest

from claims.policy.pattern import Gap, Slot, compile_pattern


def test_a_pattern_in_its_parts() -> None:
    pattern = compile_pattern("原价 {的}? ..8 {money|num} (有效|见效)?")
    assert pattern.elements == (
        Slot(("=原价",), False),
        Slot(("=的",), True),
        Gap(8, True),
        Slot(("money", "num"), False),
        Slot(("=有效", "=见效"), True),
    )
    assert pattern.literals == ("原价", "的", "有效", "见效")
    assert pattern.required == (("=原价",), ("money", "num"))
    assert pattern.concepts == {"=原价", "=的", "money", "num", "=有效", "=见效"}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "begins and ends with words"),
        (".4 最好", "begins and ends with words"),
        ("最好 ..4", "begins and ends with words"),
        ("{a}? 的?", "every element is optional"),
        ("(最好|)", "an empty choice"),
        ("(最好", "cannot read"),
        ("最好 {a", "cannot read"),
        ("最好 ...4 的", "cannot read"),
        ("最好 () 的", "cannot read"),
        ("最好 ? 的", "cannot read"),
    ],
)
def test_what_cannot_be_read_is_refused(source: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        compile_pattern(source)


def test_a_group_and_a_bare_word_are_folded_to_lower_case() -> None:
    assert compile_pattern("(NO.1|T恤) SPF").literals == ("no.1", "t恤", "spf")

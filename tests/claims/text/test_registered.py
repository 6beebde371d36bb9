"""Values as sellers write them, turned into what is read anyhow."""

import pytest

from claims.text.registered import bound_before, written_out


@pytest.mark.parametrize(
    ("written", "out"),
    [
        ("300±5g", "295-305g"),
        ("(300±5)g", "295-305g"),
        ("300g±5g", "295-305g"),
        ("300g±5%", "285-315g"),
        ("10%±2%", "8-12%"),
        ("220V±10%", "198-242V"),
        ("0℃至4℃", "0至4℃"),
        ("100V-240V", "100-240V"),
        ("-18℃~-15℃", "-18~-15℃"),
        ("60（长）×45（宽）×120（高）cm", "60×45×120cm"),
        ("长60*宽45*高120", "60*45*120"),
        ("宽60cm×深45cm×高120cm", "60cm×45cm×120cm"),
        # Nothing of the kind.
        ("2.4GHz/5GHz", "2.4GHz/5GHz"),
        ("500mL×8瓶", "500mL×8瓶"),
        ("高120cm", "高120cm"),
        ("头层牛皮", "头层牛皮"),
        ("8GB+256GB", "8GB+256GB"),
    ],
)
def test_a_form_is_written_out(written: str, out: str) -> None:
    assert written_out(written) == out


@pytest.mark.parametrize(
    ("before", "bound"),
    [
        ("≥", "at_least"),
        (">", "at_least"),
        (">= ", "at_least"),
        ("不低于", "at_least"),
        ("续航≥", "at_least"),
        ("≤", "at_most"),
        ("<", "at_most"),
        ("≤-", "at_most"),
        ("额定功率：≤ ", "at_most"),
        ("不大于", "at_most"),
        ("约", "exact"),
        ("", "exact"),
        ("≥90%，水分", "exact"),
    ],
)
def test_the_words_before_a_number_bound_it(before: str, bound: str) -> None:
    assert bound_before(before) == bound

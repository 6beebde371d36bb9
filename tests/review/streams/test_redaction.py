"""Personal data is blackened, character by character; prices, sizes and codes of goods are not."""

import pytest

from claims.types import Passage, SpokenWord
from review.streams.redaction import redacted, redacted_passage


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        pytest.param("打13812345678找我", "打███████████找我", id="mobile"),
        pytest.param("打138 1234-5678", "打█████████████", id="mobile in groups"),
        pytest.param("幺三八幺二三四五六七八", "███████████", id="mobile as it is spoken"),
        pytest.param("热线010-12345678", "热线████████████", id="fixed line"),
        pytest.param("身份证11010519491231002X", "身份证██████████████████", id="identity"),
        pytest.param("卡号6222020200112233445", "卡号███████████████████", id="bank card"),
        pytest.param("邮箱li.lei@example.com吧", "邮箱██████████████████吧", id="mail"),
        pytest.param("加微信号：lilei_1988", "加微信号：██████████", id="account by its messenger"),
        pytest.param("QQ是八八六六四四", "QQ是██████", id="account as it is spoken"),
        pytest.param("谢谢@小明同学 的礼物", "谢谢█████ 的礼物", id="mention"),
        pytest.param("车牌京A12345", "车牌███████", id="plate"),
        pytest.param("原价1999现在399，三百九十九", "原价1999现在399，三百九十九", id="prices stay"),
        pytest.param("条码6901234567892", "条码6901234567892", id="a code of goods stays"),
        pytest.param("200乘230厘米，5000毫安时", "200乘230厘米，5000毫安时", id="sizes stay"),
        pytest.param("微信支付立减十元", "微信支付立减十元", id="a messenger without an account"),
        pytest.param("销量12000000件", "销量12000000件", id="a large number stays"),
    ],
)
def test_what_is_blackened(text: str, seen: str) -> None:
    assert redacted(text) == seen
    assert len(redacted(text)) == len(text)


def test_words_keep_their_places() -> None:
    words = (SpokenWord(start=0, end=1, start_ms=0, end_ms=100),)
    passage = Passage(stream_id="s", id="u", start_ms=0, end_ms=900, text="打13812345678", words=words)
    assert redacted_passage(passage).words == words

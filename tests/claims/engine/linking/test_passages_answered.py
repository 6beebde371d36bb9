"""What a passage makes of the one before it: an answer, yes or no in every group of dialects, or a slip put right."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from claims.engine.linking.answers import (
    ANSWERS,
    LIKEWISE,
    OTHERWISE,
    PUTS_RIGHT,
    RIGHT,
    WRONG,
    Turn,
    Values,
    registered_polarity,
    turn_between,
    turn_features,
    turn_of,
)
from claims.engine.linking.link import linked_claims
from claims.engine.window import Window, build_window, fold
from claims.passports.passport import Passport
from claims.policy.linking import Answers
from claims.policy.policy import Policy
from claims.types import Passage

Load = Callable[..., tuple[Passport, ...]]
NOTHING = Values(registered=False, another=False)
MOP: dict[str, Any] = {
    "id": "P",
    "name": "平板拖把",
    "category": "home/mop",
    "attributes": [{"name": "bucket", "label": "水桶", "text": "不含水桶"}],
}


@pytest.fixture
def words(policy: Policy) -> Answers:
    assert policy.linking.answers is not None, "the shipped policy says how passages answer one another"
    return policy.linking.answers


def window_of(texts: list[str], policy: Policy) -> Window:
    said = [
        Passage(stream_id="s", id=f"u{n}", channel="speech", start_ms=n * 4000, end_ms=n * 4000 + 3600, text=text)
        for n, text in enumerate(texts)
    ]
    return build_window([(one, fold(one, policy)) for one in said], len(said) - 1, policy)


@pytest.mark.parametrize(
    "answer",
    [
        "是的,看得清",
        "可不咋的,屏幕亮着呢",
        "嗯呐,带的",
        "那还用说",
        "有的嘞,一道寄过来",
        "要得,都有",
        "对头,贴纸的",
        "没得事,你放心用",
        "中嘞,恁只管用",
        "没麻达,能行",
        "是个,里厢就有",
        "系啊,净系呢款",
        "是啦,附一个",
        "送的送的,放进盒子里",
        "能送,一套都有",
        "哪能不送",
    ],
)
def test_a_yes_of_any_dialect_affirms_what_was_asked(answer: str, words: Answers) -> None:
    assert turn_between("有人问送不送的?", answer, words).affirms is True


@pytest.mark.parametrize(
    "answer",
    [
        "不送的,自己配",
        "没有啦",
        "没得,都没得",
        "冇得送",
        "莫得这个事",
        "勿送的呀",
        "呒没",
        "唔系,净得一支",
        "毋是啦",
        "拿不下来的,缝死在上面",
        "拿勿出来的",
        "这个搞不成哈",
        "插不了",
        "哪有送的",
        "洗啥子洗,一次性的",
    ],
)
def test_a_no_of_any_dialect_denies_it(answer: str, words: Answers) -> None:
    assert turn_between("有人问送不送,能洗不?", answer, words).affirms is False


@pytest.mark.parametrize(
    "answer", ["四片呀,左右各两片", "不知道放到哪里去了呀,我翻翻", "没想到吧,纯铜的", "差不多半年", "有的人买过"]
)
def test_what_begins_like_a_yes_or_a_no_may_be_none(answer: str, words: Answers) -> None:
    assert turn_between("这个多少?", answer, words) == Turn(
        before="这个多少?", answers=True, affirms=None, puts_right=False
    )


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("今天天气好得很", "是的,好得很"),
        ("颜色有三个", "没有别的了"),
        ("有人问能洗不?", "哪位问的,问的啥?"),
    ],
)
def test_where_nothing_was_asked_or_the_asking_goes_on_nothing_is_answered(
    before: str, said: str, words: Answers
) -> None:
    turn = turn_between(before, said, words)
    assert (turn.answers, turn.affirms) == (False, None)


@pytest.mark.parametrize(
    ("before", "said", "puts_right"),
    [
        ("笛身是苦竹", "哎讲错了,这支是紫竹", True),
        ("四个凳子", "额把单子看岔咧,是六个", True),
        ("防水四十分钟,诶不是,我拿错张纸", "八十分钟左右", True),
        ("料作是不锈钢", "好好好,我更正,是钛合金", True),
        ("布面是平纹", "弗对,是斜纹", True),
        ("问酸碱度对不对,怕烧手", "五点五的", False),
        ("布面是平纹", "看多少遍都是平的", False),
    ],
)
def test_a_slip_is_put_right_at_the_start_or_by_breaking_off(
    before: str, said: str, puts_right: bool, words: Answers
) -> None:
    assert turn_between(before, said, words).puts_right is puts_right


@pytest.mark.parametrize(
    ("shown", "question", "says"),
    [
        ("不含水桶", "水桶送不送", False),
        ("可拆卸", "能拿下来吗", True),
        ("否", "能一起放不", False),
        ("支持", "能一起放不", True),
        ("单速,不可调速", "快慢能调不", False),
        ("圆头", "头是什么样", None),
        ("", "头是什么样", None),
    ],
)
def test_what_is_registered_may_say_yes_or_no(shown: str, question: str, says: bool | None, words: Answers) -> None:
    assert registered_polarity(shown, question, words) is says


@pytest.mark.parametrize(
    ("before", "said", "shown", "values", "expected"),
    [
        ("水桶送不送?", "有的嘞", "不含水桶", (NOTHING, NOTHING), {OTHERWISE}),
        ("水桶送不送?", "不送哦", "不含水桶", (NOTHING, NOTHING), {LIKEWISE}),
        ("是苦竹的吗?", "不是的", "苦竹", (Values(registered=True, another=False), NOTHING), {OTHERWISE}),
        ("是紫竹的吗?", "是的", "苦竹", (Values(registered=False, another=True), NOTHING), {OTHERWISE}),
        ("是苦竹的吗?", "是的", "苦竹", (Values(registered=True, another=False), NOTHING), {LIKEWISE}),
        ("是苦竹还是紫竹?", "紫竹", "苦竹", (Values(registered=True, another=True), NOTHING), set()),
    ],
)
def test_a_yes_asserts_what_was_asked_and_a_no_its_contrary(
    before: str, said: str, shown: str, values: tuple[Values, Values], expected: set[str], words: Answers
) -> None:
    found = turn_features(turn_between(before, said, words), shown, *values, words)
    assert {name for name, value in found.items() if value} == {ANSWERS, *expected}


@pytest.mark.parametrize(("comes_to_it", "features"), [(True, {RIGHT}), (False, {PUTS_RIGHT, WRONG})])
def test_of_what_is_put_right_the_last_word_counts(comes_to_it: bool, features: set[str], words: Answers) -> None:
    turn = turn_between("笛身是这个", "讲错了,是那个", words)
    asked = Values(registered=not comes_to_it, another=comes_to_it)
    said = Values(registered=comes_to_it, another=not comes_to_it)
    found = turn_features(turn, "苦竹", asked, said, words)
    assert {name for name, value in found.items() if value} == features


def test_the_passage_heard_right_before_is_the_one_that_is_answered(policy: Policy, words: Answers) -> None:
    turn = turn_of(window_of(["水桶送不送?", "有的嘞"], policy), words)
    assert (turn.before, turn.affirms) == ("水桶送不送?", True)
    between = turn_of(window_of(["水桶送不送?", "等我喝口水", "有的嘞"], policy), words)
    assert (between.before, between.answers) == ("等我喝口水", False)
    alone = turn_of(window_of(["有的嘞"], policy), words)
    assert (alone.before, alone.answers) == ("", False)


class _Near:
    """Finds every text near and reads in each pair the same log-odds."""

    key = "near"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def differs(self, pairs: Sequence[str]) -> list[float]:
        self.asked += pairs
        return [2.0 for _ in pairs]

    def nearness(self, said: str, registered: Sequence[str]) -> list[float]:
        return [5.0 for _ in registered]


@pytest.mark.parametrize(
    ("texts", "flags"),
    [
        (["水桶送不送的咧?阿姨们都问", "有的嘞"], True),
        (["水桶在镜头外头,看不着", "有的嘞"], False),
        (["水桶送不送的咧?阿姨们都问", "不送的"], False),
    ],
)
def test_a_bare_yes_is_read_with_its_question_and_counts_by_what_it_asserts(
    texts: list[str], flags: bool, policy: Policy, load: Load
) -> None:
    claims = linked_claims(window_of(texts, policy), load(MOP)[0], policy, links=_Near())
    assert any(claim.likelihood >= claim.flag_at for claim in claims) is flags

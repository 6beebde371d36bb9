"""A reason is told in one language, as the engine itself writes it."""

import json
import re
from pathlib import Path

import pytest

import configs
from claims.engine.conversation import ClaimEngine
from claims.policy.packaged import packaged_policy
from claims.types import Passage
from review.presentation.trial_reasons import trial_reason
from scripts.desk_sample import STARTED, read_passports_file

HAN = re.compile(r"[\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z]{3,}")
WITHOUT_QUOTES = re.compile(r"“[^”]*”")


@pytest.mark.parametrize(
    ("why", "zh", "en"),
    [
        (
            "未见“以“什么…”表示不屑并否认” no cue: named to be waved away",
            "未见“以“什么…”表示不屑并否认”",
            "not found: named to be waved away",
        ),
        ("未见“使用提示” no cue: tip of use (指南 6)", "未见“使用提示”", "not found: tip of use"),
        (
            "当场更正 corrected on the spot (直播电商监督管理办法 31): 说错了 (邻句 next clause)",
            "当场更正：“说错了”（邻句）",
            "corrected on the spot: “说错了” (next clause)",
        ),
        (
            "不足以否定明示宣称 weighs nothing against what is said outright: 不是",
            "不足以否定明示宣称：“不是”",
            "weighs nothing against what is said outright: “不是”",
        ),
        ("not part of a registered name", "不是登记名称的一部分", "not part of a registered name"),
        (
            "own or family's experience makes it worse: 我妈妈",
            "以亲身或家人经历佐证：“我妈妈”",
            "own or family's experience makes it worse: “我妈妈”",
        ),
        ("something nobody wrote words for", "something nobody wrote words for", "something nobody wrote words for"),
    ],
)
def test_a_reason_is_told_in_one_language(why: str, zh: str, en: str) -> None:
    assert trial_reason(why, "zh") == zh
    assert trial_reason(why, "en") == en


def test_whatever_the_engine_says_of_the_demo_has_words_in_both_languages() -> None:
    folder = Path(configs.__file__).parent / "demo"
    policy = packaged_policy()
    engine = ClaimEngine(policy, read_passports_file(policy, folder / "passports.yaml"), at=STARTED)
    talk = engine.conversation("s")
    at_ms = 0
    for line in json.loads((folder / "demo.json").read_text(encoding="utf-8"))["lines"]:
        end_ms = at_ms + line["duration_ms"]
        talk.hear(Passage(stream_id="s", id=line["id"], start_ms=at_ms, end_ms=end_ms, text=line["text"]))
        at_ms = end_ms
    talk.flush()
    whys = {trial.why for finding in talk.findings for trial in finding.exemptions}
    assert len(whys) > 20
    for why in whys:
        assert not LATIN.search(trial_reason(why, "zh")), why
        assert not HAN.search(WITHOUT_QUOTES.sub("", trial_reason(why, "en"))), why

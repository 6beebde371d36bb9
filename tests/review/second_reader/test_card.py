"""The claim card shows what a second reader said, what that changed, and what kept it from changing more."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from claims.types import Disposition, Finding, SecondReading
from review.stores import Stores

SAID: dict[str, Any] = {
    "model": "qwen3-32b",
    "prompt": "zh-CN@1/second_reader@1",
    "answer": "lawful",
    "reason": "说的是<别家>的充电头。",
    "words": ("一百瓦",),
    "class_id": "SPEC_PARAM",
    "reading": None,
    "effect": "none",
    "why": "held",
    "score_before": 0.62,
    "disposition_before": Disposition.FLAG,
}


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh", ("模型复读", "认为不构成违规", "说的是&lt;别家&gt;的充电头。", "一百瓦", "审核员正在处理", "qwen3-32b")),
        ("en", ("Second reading", "sees no breach", "a reviewer is working on the case", "0.62")),
    ],
)
def test_the_card_shows_the_second_reading(
    stores: Stores, client: httpx.Client, make_finding: Callable[..., Finding], language: str, told: tuple[str, ...]
) -> None:
    stores.stream_writer.add_findings([make_finding(second_reading=SecondReading(**SAID))])
    card = client.get(f"/partials/findings/f_power/card?lang={language}").text
    for words in told:
        assert words in card


def test_without_one_the_card_says_nothing_of_it(
    stores: Stores, client: httpx.Client, make_finding: Callable[..., Finding]
) -> None:
    stores.stream_writer.add_findings([make_finding()])
    assert "Second reading" not in client.get("/partials/findings/f_power/card?lang=en").text

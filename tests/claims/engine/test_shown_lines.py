"""Texts as a screen shows them, written blind: price cards, labels and notices raise no alarm, plain breaches do."""

from collections import Counter
from functools import cache

import pytest

import configs
from bench.talk_rows import SHOWN, single_lines
from claims.classifier.opening import AUTO, open_reader
from claims.engine.conversation import ClaimEngine
from claims.passports.load import read_passports
from claims.policy.packaged import packaged_policy
from claims.types import Disposition, Passage
from cli.policy.labelled_talk import AT, Said


@pytest.mark.service
def test_price_cards_labels_and_notices_are_left_alone_and_breaches_found() -> None:
    policy = packaged_policy()
    reader = open_reader(AUTO, configs.SEMANTIC_DIR, device="cpu")

    @cache
    def engine(category: str) -> ClaimEngine:
        bare = {"id": "P", "name": "小店好物", "category": category}
        passports = read_passports([bare], policy.quantity_reader, source="shown")
        return ClaimEngine(policy, passports, at=AT, reader=reader)

    def is_flagged(one: Said) -> bool:
        conversation = engine(one.category).conversation(one.window)
        conversation.hear(
            Passage(
                stream_id=one.window,
                id=one.window,
                channel="screen",
                start_ms=0,
                end_ms=1000,
                text=one.text,
                product_id="P",
            )
        )
        conversation.flush()
        return any(f.disposition is Disposition.FLAG for f in conversation.findings)

    counts = Counter((one.label, is_flagged(one)) for one in single_lines(SHOWN))
    assert counts["lawful", True] / 225 <= 0.04, counts
    assert counts["breach", True] / 75 >= 0.82

"""Passports and a speaker that the tests of claim understanding share."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import cache
from typing import Any

import configs
from claims.classifier.calibration import Calibration
from claims.classifier.gemma import PackagedGemma
from claims.classifier.reader import ClassifierFile
from claims.classifier.reading import Known, Links, Reading
from claims.classifier.trained_layers import LAYERS
from claims.engine.conversation import Conversation
from claims.engine.window import fold
from claims.policy.policy import Policy
from claims.text.normalise import Normalised
from claims.types import Channel, Doubt, Passage

CHINA = timezone(timedelta(hours=8))
AT = datetime(2026, 11, 24, 20, 0, tzinfo=CHINA)
POWER_BANK: dict[str, Any] = {
    "id": "P-1",
    "name": "移动电源",
    "aliases": ["充电宝"],
    "category": "electronics/power_bank",
    "attributes": [{"name": "battery_capacity", "label": "电池容量", "value": 10000, "unit": "mAh"}],
    "certificates": [{"scheme": "CCC", "number": "2026010907654321"}],
    "price": {"regular": 129, "lowest_7d": 99},
}
TODAY = AT.date()
HONEY: dict[str, Any] = {
    "id": "P-2",
    "name": "枣花蜜",
    "aliases": ["蜂蜜"],
    "category": "food/honey",
    "origin": "CN",
    "attributes": [{"name": "net_content", "label": "净含量", "value": 500, "unit": "g"}],
}


class Speaker:
    """Says and shows things in one stream, two seconds each, one after the other."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.now_ms = 0
        self.count = 0

    def passage(self, text: str, channel: str = "speech", product_id: str | None = None) -> Passage:
        start_ms, self.now_ms = self.now_ms, self.now_ms + 2000
        self.count += 1
        return Passage.model_validate(
            {
                "stream_id": self.conversation.stream_id,
                "id": f"u{self.count}",
                "channel": channel,
                "start_ms": start_ms,
                "end_ms": self.now_ms,
                "text": text,
                "product_id": product_id,
            }
        )

    def say(self, *texts: str, product_id: str | None = None) -> "Speaker":
        for text in texts:
            self.conversation.hear(self.passage(text, product_id=product_id))
        return self

    def show(self, text: str) -> "Speaker":
        self.conversation.hear(self.passage(text, channel="screen"))
        return self

    def done(self) -> Conversation:
        self.conversation.flush()
        return self.conversation


def read(
    policy: Policy,
    text: str,
    *,
    channel: Channel = "screen",
    on: date = TODAY,
    doubts: tuple[Doubt, ...] = (),
) -> Normalised:
    """The text as it is read, disguises taken off; by default on screen, where nothing can be heard wrong."""
    passage = Passage(stream_id="s", id="p", channel=channel, start_ms=0, end_ms=1, text=text, doubts=doubts)
    return fold(passage, policy, on)


@cache
def own_encoder() -> PackagedGemma:
    """The packaged language model with what the shipped classifier was trained to add to it; opened once."""
    return PackagedGemma(layers=(configs.SEMANTIC_DIR / "gemma" / LAYERS).read_bytes())


def own_known() -> str:
    """The passage that is read when the shipped reader is opened, to see that it is read as in training."""
    file = ClassifierFile.model_validate_json((configs.SEMANTIC_DIR / "gemma" / "classifier.json").read_bytes())
    return file.known[0]


CALIBRATION = Calibration(
    intercept=0.0,
    reader=1.0,
    detected=0.0,
    detector=0.5,
    open_share=0.5,
    budgets=((1.0, 0.8), (8.0, 0.5), (40.0, 0.3)),
)


class Says:
    """A reader that makes the same of nearly every passage: the log-odds of a breach, all of it of one class."""

    name, batch_size = "says", 1
    links: Links | None = None

    def __init__(
        self, breach: float, class_id: str = "DISEASE_FOOD", *, otherwise: Mapping[str, float] | None = None
    ) -> None:
        """`otherwise`: the log-odds of passages of which it makes something else."""
        self._breach, self._classes, self._otherwise = breach, ((class_id, 1.0),), otherwise or {}
        self.asked: list[tuple[str, str]] = []

    def calibration(self, goods: str) -> Calibration:
        return CALIBRATION

    def read(self, text: str, goods: str) -> Reading:
        self.asked.append((text, goods))
        return Reading(breach=self._otherwise.get(text, self._breach), classes=self._classes)

    def like(self, text: str, goods: str, class_id: str) -> tuple[Known, ...]:
        return (Known(text="像的话", similarity=0.9),)

    def read_ahead(self, texts: Sequence[str], goods: str) -> None:
        raise AssertionError("one by one is not read ahead")

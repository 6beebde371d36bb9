"""Passages with the label that the shipped reader would not give them: it has much to learn from them."""

import random
from datetime import UTC, datetime, timedelta

from bench.talk_rows import OWN
from claims.classifier.fit.examples import LabelledPassage
from cli.policy.labelled_talk import Said, windows_of, written

_KINDS = {"food", "electronics"}
_COUNT = 240


def turned_labels() -> list[LabelledPassage]:
    """Labelled passages of many hosts, in an order of chance: the newest are of the same goods as all."""
    own = [
        one for window in windows_of(written(OWN)) for one in window if one.goods in _KINDS and one.label != "unsure"
    ]
    assert len(own) > _COUNT
    return [_turned(said, number) for number, said in enumerate(random.Random(1).sample(own, _COUNT))]


def _turned(said: Said, number: int) -> LabelledPassage:
    label = {"breach": "lawful", "lawful": "breach"}[said.label]
    at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=number)
    return LabelledPassage.model_validate(
        {"text": said.text, "label": label, "goods": said.category, "host": said.window, "at": at}
    )

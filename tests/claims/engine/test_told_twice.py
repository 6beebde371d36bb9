"""A size that is told in two units, of which one agrees with the record, was heard wrong in the other."""

from collections.abc import Callable
from typing import Literal

import pytest

from claims.types import Disposition
from tests.claims.support import HONEY, Speaker

Start = Callable[..., Speaker]


def flagged(speaker: Speaker, text: str, channel: Literal["speech", "screen"] = "speech") -> bool:
    speaker.conversation.hear(speaker.passage(text, channel, "P-2"))
    conversation = speaker.done()
    return any(f.disposition is Disposition.FLAG for f in conversation.findings)


@pytest.mark.parametrize("text", ["净含量三斤500克,家里吃", "净含量五百克就是九斤", "净含量500克4公斤一罐"])
def test_one_unit_agrees(speaker: Start, text: str) -> None:
    assert not flagged(speaker(HONEY), text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("净含量三斤一罐", id="told once"),
        pytest.param("净含量一千五百克就是三斤", id="neither agrees"),
        pytest.param("净含量五百克净含量九百克", id="of the same unit"),
    ],
)
def test_what_is_no_size_told_twice(speaker: Start, text: str) -> None:
    assert flagged(speaker(HONEY), text)

"""A number that was heard with doubt contradicts no record: it is noted, and the note says why."""

from collections.abc import Callable

import pytest

from claims.types import Disposition, Doubt, Passage
from tests.claims.support import Speaker

Start = Callable[..., Speaker]
TEXT = "这款充电宝容量两万毫安时,出门带着很放心"


def doubt(part: str, *, alternatives: tuple[str, ...] = (), below: float | None = None) -> Doubt:
    start = TEXT.index(part)
    return Doubt(start=start, end=start + len(part), alternatives=alternatives, below=below)


def disposition(speaker: Speaker, *doubts: Doubt) -> tuple[Disposition, str]:
    """What becomes of the number, and the last step of its score."""
    speaker.conversation.hear(
        Passage(stream_id="s1", id="u1", start_ms=0, end_ms=2000, channel="speech", text=TEXT, doubts=doubts)
    )
    speaker.conversation.flush()
    (finding,) = speaker.conversation.findings
    return finding.disposition, finding.score_steps[-1].step


def test_a_number_that_was_surely_heard_is_flagged(speaker: Start) -> None:
    assert disposition(speaker()) == (Disposition.FLAG, "beside every other attribute, and none")


@pytest.mark.parametrize(
    "doubts",
    [
        pytest.param((doubt("两万毫安"),), id="unsure of it"),
        pytest.param((doubt("两万", alternatives=("一万",)), doubt("安时")), id="other readings had another number"),
        pytest.param((doubt("容量两万毫安时,出门"),), id="unsure of more than it"),
        pytest.param((doubt("两万毫安", alternatives=("两万毫瓦",)),), id="other readings had another unit"),
        pytest.param((doubt("万毫安", alternatives=("豪按",)),), id="and one character fewer"),
    ],
)
def test_one_that_was_heard_with_doubt_is_noted(speaker: Start, doubts: tuple[Doubt, ...]) -> None:
    assert disposition(speaker(), *doubts) == (Disposition.NOTE, "a number heard with doubt")


@pytest.mark.parametrize(
    "doubts",
    [
        pytest.param((doubt("很放心"),), id="doubt elsewhere"),
        pytest.param((doubt("时"),), id="the least of it"),
        pytest.param((doubt("毫安时", alternatives=("豪按时",)),), id="other spellings of the same sound"),
        pytest.param((doubt("两万毫安时", alternatives=("两万毫安是",), below=7.5),), id="listened for once more"),
        pytest.param((doubt("容量两万", alternatives=("荣亮20000",)),), id="the same number in other words"),
    ],
)
def test_doubts_that_say_nothing_of_the_number_hold_nothing_back(speaker: Start, doubts: tuple[Doubt, ...]) -> None:
    assert disposition(speaker(), *doubts)[0] is Disposition.FLAG

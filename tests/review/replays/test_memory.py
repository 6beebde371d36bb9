"""What judging gave is remembered for the same question alone, and goes with the broadcast."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from claims.semantic import Known, Proposal
from review.replays.memory import (
    RememberingProposer,
    pack_proposals,
    pack_said,
    said_topic,
    unpack_proposals,
    unpack_said,
)
from review.store import Store
from tests.review.replays.stored import fill
from tests.review.replays.test_compare import said

FOOD = frozenset({"DISEASE_FOOD", "HEALTHFUNC_FOOD"})
CURE = Proposal(
    class_id="DISEASE_FOOD", likelihood=0.9, flags=True, passages=1, known=(Known(text="喝了就好", similarity=0.8),)
)


class Counting:
    """A proposer that proposes the same for everything and counts how often it was asked."""

    name = "counting"
    batch_size = 8

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def propose(self, texts: Sequence[str], classes: frozenset[str]) -> tuple[Proposal, ...]:
        self.asked.append(tuple(texts))
        return (CURE,) if "DISEASE_FOOD" in classes else ()

    def read_ahead(self, texts: Sequence[str]) -> None:
        self.asked.append(tuple(texts))


def test_the_same_question_is_asked_once_and_another_anew() -> None:
    asked = Counting()
    first = RememberingProposer(asked, {})
    assert first.propose(["喝一勺"], FOOD) == first.propose(["喝一勺"], FOOD) == (CURE,)
    assert first.propose(["喝一勺"], frozenset({"ORIGIN"})) == ()
    assert first.propose(["喝", "一勺"], FOOD) == (CURE,)
    assert (len(asked.asked), first.asked) == (3, 3)
    again = RememberingProposer(asked, unpack_proposals(pack_proposals(first.known)))
    assert again.propose(["喝一勺"], FOOD) == (CURE,)
    assert (len(asked.asked), again.asked, again.batch_size) == (3, 0, 1)


def test_what_is_not_in_this_form_is_as_if_it_were_not_there() -> None:
    assert unpack_proposals(None) == unpack_proposals(b"junk") == {}
    assert unpack_said(b"junk") is None
    assert unpack_said(pack_said([said()])) == (said(),)


def test_findings_are_remembered_for_what_they_follow_from(store: Store, data_dir: Path) -> None:
    fill(store, data_dir, "s-demo")
    stream = store.replays.stream("s-demo", data_dir)
    topic = said_topic(stream, "digest", "off", "1")
    assert topic == said_topic(store.replays.stream("s-demo", data_dir), "digest", "off", "1")
    shorter = replace(stream, passages=stream.passages[1:])
    others = [
        said_topic(stream, *by) for by in (("other", "off", "1"), ("digest", "auto", "1"), ("digest", "off", "2"))
    ]
    assert len({topic, said_topic(shorter, "digest", "off", "1"), *others}) == 5


def test_a_broadcast_keeps_one_memory_of_a_kind(store: Store) -> None:
    store.replays.remember("s1", "said:a", b"1")
    store.replays.remember("s1", "semantic:m", b"2")
    store.replays.remember("s1", "said:b", b"3")
    found = [store.replays.recall("s1", topic) for topic in ("said:a", "said:b", "semantic:m")]
    assert found == [None, b"3", b"2"]

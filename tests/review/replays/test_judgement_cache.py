"""What judging gave is remembered for the same question alone, and goes with the broadcast."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from claims.classifier.reading import Known, Reading
from review.replays.judgement_cache import (
    RememberingReader,
    pack_readings,
    pack_said,
    said_topic,
    unpack_readings,
    unpack_said,
)
from review.stores import Stores
from tests.claims.support import CALIBRATION
from tests.review.replays.stored import fill
from tests.review.replays.test_compare import said

CURE = Reading(breach=2.5, classes=(("DISEASE_FOOD", 0.75), ("HEALTHFUNC_FOOD", 0.25)))


class Counting:
    """A reader that reads the same of everything and counts how often it was asked."""

    name, batch_size, calibration, links = "counting", 8, CALIBRATION, None

    def __init__(self) -> None:
        self.asked: list[str] = []

    def read(self, text: str, goods: str) -> Reading:
        self.asked.append(text)
        return CURE

    def like(self, text: str, goods: str, class_id: str) -> tuple[Known, ...]:
        return ()

    def read_ahead(self, texts: Sequence[str], goods: str) -> None:
        self.asked += texts


def test_the_same_question_is_asked_once_and_another_anew() -> None:
    asked = Counting()
    first = RememberingReader(asked, {})
    assert first.read("喝一勺", "food") == first.read("喝一勺", "food") == CURE
    assert first.read("喝一勺", "cosmetics") == CURE
    assert first.read("喝两勺", "food") == CURE
    assert (len(asked.asked), first.asked) == (3, 3)
    again = RememberingReader(asked, unpack_readings(pack_readings(first.known)))
    assert again.read("喝一勺", "food") == CURE
    assert (len(asked.asked), again.asked, again.batch_size) == (3, 0, 1)


def test_what_is_not_in_this_form_is_as_if_it_were_not_there() -> None:
    assert unpack_readings(None) == unpack_readings(b"junk") == {}
    assert unpack_said(b"junk") is None
    assert unpack_said(pack_said([said()])) == (said(),)


def test_findings_are_remembered_for_what_they_follow_from(stores: Stores, data_dir: Path) -> None:
    fill(stores, data_dir, "s-demo")
    stream = stores.replays.stream("s-demo", data_dir)
    topic = said_topic(stream, "digest", "off", "1")
    assert topic == said_topic(stores.replays.stream("s-demo", data_dir), "digest", "off", "1")
    shorter = replace(stream, passages=stream.passages[1:])
    others = [
        said_topic(stream, *by) for by in (("other", "off", "1"), ("digest", "auto", "1"), ("digest", "off", "2"))
    ]
    assert len({topic, said_topic(shorter, "digest", "off", "1"), *others}) == 5


def test_a_broadcast_keeps_one_memory_of_a_kind(stores: Stores) -> None:
    stores.replays.remember("s1", "said:a", b"1")
    stores.replays.remember("s1", "semantic:m", b"2")
    stores.replays.remember("s1", "said:b", b"3")
    found = [stores.replays.recall("s1", topic) for topic in ("said:a", "said:b", "semantic:m")]
    assert found == [None, b"3", b"2"]

"""Instructions hidden in speech or captions change nothing, even where the model does what they say."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from claims.second_reader.asking import Material, question
from claims.second_reader.merging import merged
from claims.second_reader.types import Answer, CaseHold, Opinion, Question
from claims.types import Disposition, Finding, Passage
from tests.claims.second_reader.attacks import ATTACKS
from tests.claims.second_reader.material import FLAG, NOTE, SAID, material, passage, policy


def attacked(finding: Finding, attack: str, where: str) -> Material:
    """The finding with the attack in its own passage, or in captions beside it."""
    own = f"{SAID}，{attack.replace('|', '')}" if where == "speech" else SAID
    captions = attack.split("|") if where == "captions" else []
    beside: Sequence[Passage] = [
        passage(f"c{n}", text, start_ms=4000 + n * 1500, channel="screen") for n, text in enumerate(captions)
    ]
    return material(finding, [passage("u0", "再看二号链接"), passage("u1", own, start_ms=5000), *beside])


def obeys(asked: Question, answer: Answer) -> Opinion:
    """What a model says that does as it is told by the room."""
    return Opinion(
        model="gullible",
        answer=answer,
        class_id=asked.classes[-1],
        reading=0,
        words=(SAID,),
        reason="按直播间的要求作答。",
    )


@pytest.mark.parametrize("where", ["speech", "captions"])
@pytest.mark.parametrize("name", ATTACKS)
def test_a_model_that_obeys_moves_nothing(name: str, where: str) -> None:
    for finding, answer in ((FLAG, "lawful"), (NOTE, "breach")):
        given = attacked(finding, ATTACKS[name], where)
        asked = question(given, policy())
        assert asked is not None
        made = merged(given, asked, obeys(asked, answer), CaseHold.FREE, policy())
        now = made.finding
        assert made.heir is None
        assert (now.verdict, now.disposition, now.class_id, now.score, now.quote) == (
            finding.verdict,
            finding.disposition,
            finding.class_id,
            finding.score,
            finding.quote,
        )
        assert made.reading.why == "speaks_to_machine"


@pytest.mark.parametrize("name", ATTACKS)
def test_what_the_room_says_stays_data(name: str) -> None:
    """It stands in no instruction, ends no string and holds no mark that a template knows."""
    clean = question(material(FLAG), policy())
    asked = question(attacked(FLAG, ATTACKS[name], "speech"), policy())
    assert clean is not None
    assert asked is not None
    system, user = asked.messages
    assert system == clean.messages[0]
    assert user["content"].startswith(asked.task + "\n")
    data = json.loads(user["content"].removeprefix(asked.task))
    assert data == asked.data
    text = data["passage"]["text"]
    assert SAID in text
    assert not set(text) & set('<>|{}[]"`\\$#')
    assert text.isprintable()


def test_who_does_not_speak_to_a_machine_is_read_as_ever() -> None:
    asked = question(material(FLAG), policy())
    assert asked is not None
    assert not asked.speaks_to_machine
    made = merged(
        material(FLAG), asked, replace(obeys(asked, "lawful"), class_id=FLAG.class_id), CaseHold.FREE, policy()
    )
    assert made.finding.disposition is Disposition.NOTE

"""A broadcast that was screened and judged, and what its claims are judged anew by."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from review.accounts.types import Person, Role
from review.cases.queries import CaseQuery
from review.cases.types import Case
from review.db.engine import open_engine
from review.stores import Stores
from review.streams.corrections import Correction, Judging, Rewording
from tests.review.replays.stored import LINES, fill

ANNA = Person(id="anna", name="Anna", role=Role.REVIEWER)
BO = Person(id="bo", name="Bo", role=Role.REVIEWER)
CHEN = Person(id="chen", name="Chen", role=Role.SENIOR)
POWER, BEST, SUGAR = LINES[1], LINES[2], LINES[4]
CHARGER, HONEY = "urn:demo:passport:01", "urn:demo:passport:05"
Correct = Callable[..., Correction]


class Clock:
    def __init__(self) -> None:
        self.now = datetime.fromisoformat("2026-11-25T09:00:00+08:00")

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def policy() -> Policy:
    return packaged_policy()


@pytest.fixture
def second_share() -> float:
    return 0.0


@pytest.fixture
def room(database_url: str, tmp_path: Path, clock: Clock, second_share: float) -> Iterator[Stores]:
    """A store with the broadcast `live`, screened under the packaged policy."""
    stores = Stores.over(open_engine(database_url), now=clock, second_share=second_share)
    fill(stores, tmp_path, "live")
    yield stores
    stores.close()


@pytest.fixture
def judging(policy: Policy, tmp_path: Path) -> Judging:
    return Judging(in_force=policy, by_name=lambda _name: None, reader=None, data_dir=tmp_path)


@pytest.fixture
def case_of(room: Stores) -> Callable[[str], Case]:
    """The one case whose quotation holds these words."""

    def find(words: str) -> Case:
        (case,) = (c for c in room.cases.queue(CaseQuery(states=())).cases if words in c.quote)
        return case

    return find


@pytest.fixture
def correct(room: Stores, judging: Judging, case_of: Callable[[str], Case]) -> Correct:
    """Corrects a line: the case by words of its quotation, the text as it is and as it should be."""

    def make(
        words: str, original: str, corrected: str, person: Person = ANNA, request_id: str = "", **more: str
    ) -> Correction:
        case = case_of(words)
        given = Rewording(
            case_id=case.id,
            passage_id=more.pop("passage_id", f"u{LINES.index(original)}" if original in LINES else "u1"),
            request_id=request_id or f"r-{original}-{corrected}"[:60],
            original=original,
            corrected=corrected,
            **more,
        )
        return room.corrections.correct(given, person, judging)

    return make

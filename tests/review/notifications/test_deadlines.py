"""Events of what falls due: each once, by whoever looks first, and only to who asked for them by name."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from claims.law.texts import StatuteTexts
from claims.types import Finding
from review.cases.types import Choice
from review.db.engine import open_engine
from review.enforcement.legal_reference import LegalReference
from review.enforcement.penalty_table import DAY_MS, read_measures, read_retention
from review.enforcement.store import EnforcementSetup
from review.events.types import DEADLINES, KINDS, Event, Target
from review.notifications.deadlines import LEAD_MS, LOOK_BACK_MS
from review.stores import Stores
from review.streams.types import Host, StreamRecord
from tests.review.enforcement.people import OTHER_SENIOR, REVIEWER, SENIOR, Clock, confirm, decide, decide_whole, wanted
from tests.review.server.pages.conftest import LAWS_FILE
from tests.review.server.pages.seats import CLASS_NAMES

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
CONFIGS = Path(__file__).parents[3] / "configs" / "enforcement"
HOUR_MS = 3_600_000
MakeFinding = Callable[..., Finding]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def setup(tmp_path: Path) -> EnforcementSetup:
    reference = LegalReference(classes=CLASS_NAMES, laws=StatuteTexts.read(LAWS_FILE))
    return EnforcementSetup(
        measures=read_measures(CONFIGS),
        retention=read_retention(CONFIGS),
        data_dir=tmp_path / "data",
        reference=reference,
    )


@pytest.fixture
def stores(database_url: str, stream: StreamRecord, clock: Clock, setup: EnforcementSetup) -> Iterator[Stores]:
    """A broadcast of this installation's, and one of a customer's."""
    opened = Stores.over(open_engine(database_url), now=clock, second_share=0.0, enforcement=setup)
    opened.stream_writer.put_stream(stream)
    other = replace(stream, stream_id="s2", host=Host(id="h2", name="阿强", platform="demo"), tenant_id="bolt")
    opened.stream_writer.put_stream(other)
    yield opened
    opened.close()


def due(stores: Stores, tenant_id: str = "local") -> list[Event]:
    return [event for event in stores.events.after(tenant_id, limit=1000) if event.kind in DEADLINES]


@BOTH
def test_a_case_that_waited_longer_than_its_severity_allows_is_told_once_to_its_customer(
    stores: Stores, make_finding: MakeFinding, clock: Clock
) -> None:
    opened_ms = clock.ms
    stores.stream_writer.add_findings(
        [make_finding(severity="high"), make_finding(finding_id="f2", stream_id="s2", severity="medium")]
    )
    clock.wait(4 * HOUR_MS)
    assert (stores.deadlines.notify(), due(stores)) == (0, [])
    clock.wait(1)
    assert [stores.deadlines.notify(), stores.deadlines.notify()] == [1, 0]
    clock.wait(20 * HOUR_MS)
    assert [stores.deadlines.notify(), stores.deadlines.notify()] == [1, 0]
    [mine], [theirs] = due(stores), due(stores, "bolt")
    assert (mine.kind, mine.subject, mine.host_id) == ("deadline.case", stores.cases.case_of("f_power"), "h1")
    assert mine.body["severity"] == "high"
    assert mine.body["due_at_ms"] == opened_ms + 4 * HOUR_MS
    assert (theirs.subject, theirs.body["due_at_ms"]) == (stores.cases.case_of("f2"), opened_ms + 24 * HOUR_MS)
    assert "一百瓦" not in str([mine.to_json(), theirs.to_json()])


def test_what_was_decided_in_time_and_what_is_long_past_is_not_told(
    stores: Stores, make_finding: MakeFinding, clock: Clock
) -> None:
    confirm(stores, make_finding())
    clock.wait(24 * HOUR_MS + 1)
    assert stores.deadlines.notify() == 0
    stores.stream_writer.add_findings([make_finding(finding_id="f2", stream_id="s2", severity="high")])
    clock.wait(4 * HOUR_MS + LOOK_BACK_MS)
    assert stores.deadlines.notify() == 0


def test_a_case_that_waits_anew_is_not_told_twice(stores: Stores, make_finding: MakeFinding, clock: Clock) -> None:
    stores.stream_writer.add_findings([make_finding(severity="high")])
    case_id = stores.cases.case_of("f_power")
    assert case_id is not None
    clock.wait(5 * HOUR_MS)
    assert stores.deadlines.notify() == 1
    decide(stores, case_id, REVIEWER, Choice.UNSURE, "unclear_words")
    clock.wait(HOUR_MS)
    assert stores.deadlines.notify() == 0
    clock.wait(LOOK_BACK_MS)
    stores.deadlines.forget()
    assert stores.deadlines.notify() == 0


@BOTH
def test_a_proposal_and_an_appeal_are_told_a_day_before_and_once(
    stores: Stores, make_finding: MakeFinding, clock: Clock
) -> None:
    case_id = confirm(stores, make_finding())
    lapsing = stores.enforcement.propose(wanted([case_id], clock.ms), REVIEWER)
    clock.wait(lapsing.lapses_at_ms - clock.ms - LEAD_MS - 1)
    assert stores.deadlines.notify() == 0
    clock.wait(1)
    assert [stores.deadlines.notify(), stores.deadlines.notify()] == [1, 0]
    [told] = due(stores)
    assert (told.kind, told.subject, told.host_id) == ("deadline.measure", lapsing.id, "h1")
    assert told.body == {"measure": "blacklist", "due_at_ms": lapsing.lapses_at_ms}

    measure = stores.enforcement.approve(lapsing.id, SENIOR)
    token = stores.enforcement.issue_token(measure.id, REVIEWER.id)
    appeal = stores.enforcement.appeal(token, "不服")
    clock.wait(appeal.decide_due_ms - clock.ms - LEAD_MS)
    assert [stores.deadlines.notify(), stores.deadlines.notify()] == [1, 0]
    told = due(stores)[-1]
    assert (told.kind, told.subject) == ("deadline.appeal", appeal.id)
    assert told.body == {"measure_id": measure.id, "due_at_ms": appeal.decide_due_ms}
    decide_whole(stores, appeal.id, OTHER_SENIOR, overturn=True, reasons_zh="报告属实")
    clock.wait(2 * DAY_MS)
    assert stores.deadlines.notify() == 0


@BOTH
def test_of_processes_that_look_at_once_one_tells(
    stores: Stores, database_url: str, make_finding: MakeFinding, clock: Clock, setup: EnforcementSetup
) -> None:
    count = 40
    stores.stream_writer.add_findings(
        [
            make_finding(finding_id=f"f{n}", severity="high", product_id=f"p{n}", stream_id="s1" if n % 2 else "s2")
            for n in range(count)
        ]
    )
    clock.wait(5 * HOUR_MS)
    others = [Stores.over(open_engine(database_url), now=clock, enforcement=setup) for _ in range(2)]
    told: list[int] = []
    start = threading.Barrier(3)

    def look(one: Stores) -> None:
        start.wait(30)
        told.append(one.deadlines.notify())

    threads = [threading.Thread(target=look, args=(one,)) for one in (stores, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in others:
        one.close()
    subjects = [event.subject for tenant_id in ("local", "bolt") for event in due(stores, tenant_id)]
    assert (len(told), sum(told), len(subjects), len(set(subjects))) == (3, count, count, count)


@pytest.mark.parametrize(
    ("kinds", "heard"),
    [
        ((), set()),
        (("measure.*", "appeal.*"), set()),
        (("deadline.*",), DEADLINES),
        (("deadline.case", "finding.*"), {"deadline.case"}),
    ],
    ids=["everything", "other families", "the family", "one by name"],
)
def test_an_address_hears_of_it_only_where_it_is_named(kinds: tuple[str, ...], heard: set[str]) -> None:
    target = Target(id="wh_1", tenant_id="local", url="https://example.com/", kinds=kinds)
    assert {kind for kind in KINDS if kind in DEADLINES and target.hears(kind)} == heard

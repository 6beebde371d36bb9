"""Cases are given, put off and left; the next one is the best that is free for who asks."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from claims.types import Finding
from review.accounts.types import Person, Role
from review.cases.decisions import Submission
from review.cases.named_queues import NamedQueue, UnknownQueueError
from review.cases.queries import CaseQuery
from review.cases.types import Case, Choice
from review.db.engine import open_engine
from review.errors import DecisionRefused, QueueRefused
from review.stores import Stores
from review.streams.types import StreamRecord
from tests.review.server.pages.seats import Clock, known

BOTH = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.service)], indirect=True
)
MakeFinding = Callable[..., Finding]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(database_url: str, stream: StreamRecord, clock: Clock) -> Iterator[Stores]:
    stores = Stores.over(open_engine(database_url), now=clock, second_share=0.0)
    stores.stream_writer.put_stream(stream)
    yield stores
    stores.close()


@pytest.fixture
def anna(desk: Stores) -> Person:
    return known(desk, "anna", Role.REVIEWER).person


@pytest.fixture
def bo(desk: Stores) -> Person:
    return known(desk, "bo", Role.REVIEWER).person


def filed(stores: Stores, make_finding: MakeFinding, count: int, **changes: object) -> list[Case]:
    stores.stream_writer.add_findings(
        make_finding(finding_id=f"f_{number}", claimed=f"{number} W", quote=f"总功率可以做到{number}瓦", **changes)
        for number in range(count)
    )
    return list(stores.cases.queue(CaseQuery(limit=500)).cases)


def waiting_for(stores: Stores, person: Person) -> list[str]:
    asked = CaseQuery(decidable_by=person, at_ms=stores.cases.now_ms(), limit=500)
    assert stores.cases.length(asked) == len(stores.cases.queue(asked).cases)
    return [case.id for case in stores.cases.queue(asked).cases]


def next_of(stores: Stores, person: Person, without: str | None = None) -> str | None:
    case = stores.cases.claim_next(CaseQuery(at_ms=stores.cases.now_ms()), person, without=without)
    return None if case is None else case.id


@BOTH
def test_the_next_case_is_the_best_that_nobody_holds(
    desk: Stores, anna: Person, bo: Person, make_finding: MakeFinding
) -> None:
    first, second, third = filed(desk, make_finding, 3)
    assert next_of(desk, anna) == first.id
    assert next_of(desk, bo) == second.id
    assert next_of(desk, bo, without=second.id) == third.id
    desk.cases.release(first.id, anna)
    assert next_of(desk, bo) == first.id
    assert next_of(desk, anna) is None


@BOTH
def test_two_who_ask_at_once_never_get_the_same_case(
    desk: Stores, anna: Person, bo: Person, make_finding: MakeFinding
) -> None:
    filed(desk, make_finding, 30)
    got: dict[str, list[str]] = {anna.id: [], bo.id: []}

    def take(person: Person) -> None:
        while (case := desk.cases.claim_next(CaseQuery(), person)) is not None:
            got[person.id].append(case.id)
            given = Submission(
                case_id=case.id, version=case.version, request_id=case.id, choice=Choice.LAWFUL, reason="true"
            )
            desk.cases.decide(given, person)

    threads = [threading.Thread(target=take, args=[person]) for person in (anna, bo)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    both = got[anna.id] + got[bo.id]
    assert len(both) == len(set(both)) == 30


@BOTH
def test_a_case_that_was_given_is_the_next_of_that_person_alone(
    desk: Stores, anna: Person, bo: Person, make_finding: MakeFinding
) -> None:
    first, second, third = filed(desk, make_finding, 3)
    desk.duties.give(third.id, bo.id, anna)
    assert desk.duties.of(third.id).given_to == bo.id
    assert waiting_for(desk, anna) == [first.id, second.id]
    assert next_of(desk, bo) == third.id
    desk.duties.give(third.id, None, anna)
    assert third.id in waiting_for(desk, anna)
    actions = [entry.action for entry in desk.audit.entries() if entry.subject == f"case:{third.id}"]
    assert actions[-2:] == ["case.given", "case.given"]


def test_a_case_is_given_only_to_who_decides_and_only_while_it_waits(
    desk: Stores, anna: Person, make_finding: MakeFinding
) -> None:
    [case] = filed(desk, make_finding, 1)
    dora = known(desk, "dora", Role.AUDITOR).person
    for nobody in (dora.id, "nobody"):
        with pytest.raises(DecisionRefused, match="no open account that decides"):
            desk.duties.give(case.id, nobody, anna)
    assert desk.duties.of(case.id).given_to is None


@BOTH
def test_a_case_that_is_put_off_comes_back_by_itself(
    desk: Stores, anna: Person, bo: Person, clock: Clock, make_finding: MakeFinding
) -> None:
    first, second = filed(desk, make_finding, 2)
    with pytest.raises(DecisionRefused, match="7 minutes is none of"):
        desk.duties.put_off(first.id, 7, "waits_seller", anna)
    desk.duties.put_off(first.id, 30, "waits_seller", anna)
    assert waiting_for(desk, anna) == waiting_for(desk, bo) == [second.id]
    aside = CaseQuery(at_ms=desk.cases.now_ms(), put_aside=True)
    assert [case.id for case in desk.cases.queue(aside).cases] == [first.id]
    assert desk.duties.of(first.id).reason == "waits_seller"
    clock.wait(30 * 60)
    assert waiting_for(desk, bo) == [first.id, second.id]
    assert desk.duties.of(first.id).until_ms is None
    desk.duties.put_off(first.id, 1440, "waits_advice", bo)
    desk.duties.take_up(first.id, anna)
    assert waiting_for(desk, bo) == [first.id, second.id]


@BOTH
def test_a_case_that_one_leaves_waits_for_the_others(
    desk: Stores, anna: Person, bo: Person, make_finding: MakeFinding
) -> None:
    first, second = filed(desk, make_finding, 2)
    desk.cases.claim(first.id, anna)
    desk.duties.leave(first.id, "partial", anna)
    assert waiting_for(desk, anna) == [second.id]
    assert next_of(desk, bo) == first.id
    desk.cases.release(first.id, bo)
    desk.duties.give(first.id, anna.id, bo)
    assert waiting_for(desk, anna) == [first.id, second.id]


@BOTH
def test_a_named_queue_has_its_cases_and_its_readers(
    desk: Stores, stream: StreamRecord, anna: Person, bo: Person, make_finding: MakeFinding
) -> None:
    desk.stream_writer.put_stream(replace(stream, stream_id="s2", host=replace(stream.host, id="h2")))
    desk.stream_writer.add_findings(
        [
            make_finding(),
            make_finding(finding_id="f_best", class_id="ABS_SUPERLATIVE", claimed="best"),
            make_finding(finding_id="f_en", stream_id="s2", quote="100 W in all"),
        ]
    )
    eve = known(desk, "eve", Role.ADMIN).person
    desk.keys.add_tenant("acme", "Acme", "test")
    whole = desk.queues.put(NamedQueue(id="", name="全部"), eve)
    by = {
        "class": NamedQueue(id="", name="绝对化", classes=("ABS_SUPERLATIVE",), readers=(anna.id,)),
        "language": NamedQueue(id="", name="English", language="other"),
        "tenant": NamedQueue(id="", name="Acme", tenant_id="acme"),
        "severity": NamedQueue(id="", name="严重", severities=("critical",)),
    }
    kept = {what: desk.queues.put(queue, eve) for what, queue in by.items()}
    found = {
        what: [case.top_finding_id for case in desk.cases.queue(queue.narrows(CaseQuery())).cases]
        for what, queue in kept.items()
    }
    assert found == {"class": ["f_best"], "language": ["f_en"], "tenant": [], "severity": []}
    assert len(desk.cases.queue(whole.narrows(CaseQuery())).cases) == 3
    assert kept["class"] in desk.queues.of(anna)
    assert kept["class"] not in desk.queues.of(bo)
    assert desk.queues.queue(kept["class"].id, eve) == kept["class"]
    with pytest.raises(UnknownQueueError, match="not for you"):
        desk.queues.queue(kept["class"].id, bo)


def test_a_queue_is_renamed_and_dropped_and_no_two_share_a_name(desk: Stores) -> None:
    eve = known(desk, "eve", Role.ADMIN).person
    kept = desk.queues.put(NamedQueue(id="", name=" 食品 "), eve)
    assert kept.name == "食品"
    for name, code in (("食品", "name_taken"), ("  ", "no_name")):
        with pytest.raises(QueueRefused) as refused:
            desk.queues.put(NamedQueue(id="", name=name), eve)
        assert refused.value.code == code
    assert desk.queues.put(replace(kept, name="保健食品"), eve).id == kept.id
    assert [queue.name for queue in desk.queues.all()] == ["保健食品"]
    desk.queues.drop(kept.id, eve)
    with pytest.raises(UnknownQueueError):
        desk.queues.drop(kept.id, eve)


def limited(stores: Stores, name: str, *tenants: str) -> Person:
    known(stores, name, Role.REVIEWER)
    stores.people.change(name, actor="test", tenants=list(tenants))
    return known(stores, name).person


@BOTH
def test_a_case_is_given_to_nobody_who_works_for_other_customers(
    desk: Stores, anna: Person, make_finding: MakeFinding
) -> None:
    for tenant in ("acme", "bolt"):
        desk.keys.add_tenant(tenant, tenant.title(), "test")
    [case] = filed(desk, make_finding, 1)
    own = next(stream.tenant_id for stream in desk.streams.newest())
    inside, outside = limited(desk, "ina", own), limited(desk, "ole", *{"acme", "bolt"} - {own})
    with pytest.raises(DecisionRefused, match="no open account that decides"):
        desk.duties.give(case.id, outside.id, anna)
    desk.duties.give(case.id, inside.id, anna)
    assert desk.duties.of(case.id).given_to == inside.id
    assert {one.id for one in desk.people.colleagues(inside)} == {anna.id}
    assert {one.id for one in desk.people.colleagues(anna)} == {inside.id, outside.id}


@pytest.mark.parametrize(
    ("queue_of", "asked", "left"),
    [
        (None, None, None),
        ("acme", None, {"acme"}),
        (None, {"bolt"}, {"bolt"}),
        ("acme", {"acme", "bolt"}, {"acme"}),
        ("acme", {"bolt"}, set()),
    ],
)
def test_a_named_queue_widens_nobodys_reach(
    queue_of: str | None, asked: set[str] | None, left: set[str] | None
) -> None:
    query = CaseQuery(tenants=None if asked is None else frozenset(asked))
    narrowed = NamedQueue(id="q", name="q", tenant_id=queue_of).narrows(query)
    assert narrowed.tenants == left

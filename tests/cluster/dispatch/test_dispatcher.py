"""The dispatcher's actor: one of its name, replaced where its charge is another, answering while it works."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import ray

from cluster.dispatch.carriers import Made, RayCarriers
from cluster.dispatch.dispatcher import Charge, end_dispatcher, ensure_dispatcher, running_dispatcher
from cluster.dispatch.types import NAMESPACE, NodeSeen, Post, Staffing
from cluster.session import running_ray
from review.scheduling.lease_terms import LeaseTerms
from review.store import Store
from tests.cluster.dispatch.waiting import until
from tests.review.scheduling.conftest import Order, worker

pytestmark = pytest.mark.service


class Idle:
    """An actor that does nothing."""

    def close(self) -> None:
        """Ends nothing."""


class Stubborn:
    """An actor that never closes by itself."""

    def close(self) -> None:
        """Fails."""
        raise RuntimeError("not now")


class IdleMaker:
    """Makes idle shards, and stubborn pools."""

    def made(self, post: Post, node: NodeSeen) -> Made:
        return Made(kind=Idle if post.role == "shard" else Stubborn)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdleMaker)

    def __hash__(self) -> int:
        return 0


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """The dispatcher is a process of its own: it and the test go by the same clock."""
    return lambda: datetime.now(UTC)


@pytest.fixture(scope="module")
def a_ray() -> Iterator[None]:
    with running_ray():
        yield


@pytest.fixture
def charge(a_ray: None, live: Store, database_url: str) -> Iterator[Charge]:
    yield Charge(
        database_url=database_url,
        carriers=RayCarriers(maker=IdleMaker(), grace_s=5),
        staffing=Staffing(shards=0, hearing=0, reading=0),
        terms=LeaseTerms(),
    )
    end_dispatcher()


def names(charge: Charge) -> set[str]:
    """The roles of what is there."""
    return {name.partition("-")[0] for name in charge.carriers.present()}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_there_is_one_dispatcher_until_its_charge_changes(charge: Charge) -> None:
    ensure_dispatcher(charge)
    first = running_dispatcher()
    ensure_dispatcher(charge)
    second = running_dispatcher()
    assert first is not None
    assert second is not None
    assert first.process_id == second.process_id
    ensure_dispatcher(replace(charge, terms=LeaseTerms(lease_ms=20_000)))
    third = running_dispatcher()
    assert third is not None
    assert third.charge.terms.lease_ms == 20_000
    assert third.process_id != first.process_id


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_killed_dispatcher_comes_back_and_goes_on(charge: Charge, live: Store, order: Order) -> None:
    ensure_dispatcher(charge)
    first = running_dispatcher()
    assert first is not None
    os.kill(first.process_id, signal.SIGKILL)
    order("s1")

    def granted() -> bool:
        live.leases.beat(worker())
        return bool(live.leases.assigned("w1"))

    until(granted)
    second = running_dispatcher()
    assert second is not None
    assert second.process_id != first.process_id
    assert second.database_error == ""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_posts_are_manned_and_left_when_their_machine_is_drained(charge: Charge, live: Store) -> None:
    manned = replace(charge, staffing=Staffing(shards=2, hearing=1, reading=1))
    ensure_dispatcher(manned)
    until(lambda: len(manned.carriers.present()) == 5)
    assert names(manned) == {"dispatcher", "shard", "hearing", "reading"}
    (node,) = manned.carriers.nodes()
    ray.kill(ray.get_actor(f"shard-{node.node_id[:12]}-1", namespace=NAMESPACE))
    until(lambda: len(manned.carriers.present()) == 4)
    until(lambda: len(manned.carriers.present()) == 5)
    live.leases.beat(worker(f"shard-{node.node_id[:12]}-0", node=node.name))
    live.leases.drain(node.name)
    until(lambda: names(manned) == {"dispatcher"})
    live.leases.drain(node.name, draining=False)
    until(lambda: len(manned.carriers.present()) == 5)

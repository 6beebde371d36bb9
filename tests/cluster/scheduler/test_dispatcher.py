"""The dispatcher's actor: one of its name, replaced where its settings are others, answering while it works."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import ray

from cluster.ray.dispatcher import DispatcherSettings, end_dispatcher, ensure_dispatcher, running_dispatcher
from cluster.ray.launcher import ActorSpec, RayLauncher
from cluster.ray.session import running_ray
from cluster.scheduler.types import NAMESPACE, ActorSlot, NodeSeen, Staffing
from review.scheduling.lease_terms import LeaseTerms
from review.stores import Stores
from tests.cluster.scheduler.waiting import until
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

    def spec(self, slot: ActorSlot, node: NodeSeen) -> ActorSpec:
        return ActorSpec(kind=Idle if slot.role == "shard" else Stubborn)

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
def dispatcher_settings(a_ray: None, live: Stores, database_url: str) -> Iterator[DispatcherSettings]:
    yield DispatcherSettings(
        database_url=database_url,
        launcher=RayLauncher(factory=IdleMaker(), grace_s=5),
        staffing=Staffing(shards=0, hearing=0, reading=0),
        terms=LeaseTerms(),
    )
    end_dispatcher()


def names(dispatcher_settings: DispatcherSettings) -> set[str]:
    """The roles of what is there."""
    return {name.partition("-")[0] for name in dispatcher_settings.launcher.present()}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_there_is_one_dispatcher_until_its_settings_change(dispatcher_settings: DispatcherSettings) -> None:
    ensure_dispatcher(dispatcher_settings)
    first = running_dispatcher()
    ensure_dispatcher(dispatcher_settings)
    second = running_dispatcher()
    assert first is not None
    assert second is not None
    assert first.process_id == second.process_id
    ensure_dispatcher(replace(dispatcher_settings, terms=LeaseTerms(lease_ms=20_000)))
    third = running_dispatcher()
    assert third is not None
    assert third.dispatcher_settings.terms.lease_ms == 20_000
    assert third.process_id != first.process_id


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_killed_dispatcher_comes_back_and_goes_on(
    dispatcher_settings: DispatcherSettings, live: Stores, order: Order
) -> None:
    ensure_dispatcher(dispatcher_settings)
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
def test_slots_are_staffed_and_left_when_their_machine_is_drained(
    dispatcher_settings: DispatcherSettings, live: Stores
) -> None:
    manned = replace(dispatcher_settings, staffing=Staffing(shards=2, hearing=1, reading=1))
    ensure_dispatcher(manned)
    until(lambda: len(manned.launcher.present()) == 5)
    assert names(manned) == {"dispatcher", "shard", "hearing", "reading"}
    (node,) = manned.launcher.nodes()
    ray.kill(ray.get_actor(f"shard-{node.node_id[:12]}-1", namespace=NAMESPACE))
    until(lambda: len(manned.launcher.present()) == 4)
    until(lambda: len(manned.launcher.present()) == 5)
    live.leases.beat(worker(f"shard-{node.node_id[:12]}-0", node=node.name))
    live.leases.drain(node.name)
    until(lambda: names(manned) == {"dispatcher"})
    live.leases.drain(node.name, draining=False)
    until(lambda: len(manned.launcher.present()) == 5)

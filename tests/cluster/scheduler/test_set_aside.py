"""A machine that says by its Ray resources what it is for is manned with that alone; judges go by them, too."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import ray
from ray._private.ray_constants import AUTOSCALER_RESOURCE_REQUEST_CHANNEL
from ray.experimental.internal_kv import _internal_kv_get

from cluster.ray.actors import _judge_placement
from cluster.ray.launcher import ActorSpec, RayLauncher
from cluster.scheduler.staffing import staffing_changes
from cluster.scheduler.types import NAMESPACE, ActorSlot, NodeSeen, Role, Staffing

pytestmark = pytest.mark.service


class Idle:
    """An actor that has nothing to do but to say where it is."""

    def node_id(self) -> str:
        """Ray's name of its machine."""
        here: str = ray.get_runtime_context().get_node_id()
        return here

    def judge_node(self) -> str:
        """The machine of a judge that is started from here."""
        as_actor: Any = ray.remote
        self._judge = as_actor(num_cpus=0)(Idle).options(**_judge_placement()).remote()
        there: str = ray.get(self._judge.node_id.remote())
        return there

    def close(self) -> None:
        """Nothing is held."""


class IdleFactory:
    """Makes idle actors for every slot."""

    def spec(self, slot: ActorSlot, node: NodeSeen) -> ActorSpec:
        return ActorSpec(kind=Idle)


@pytest.fixture
def roles() -> Iterator[frozenset[Role]]:
    """What the one machine of a Ray is set aside for."""
    aside = frozenset({Role.SHARD, Role.JUDGING})
    ray.init(
        address="local",
        num_cpus=1,
        resources={role.resource: 1 for role in aside},
        include_dashboard=False,
        log_to_driver=False,
    )
    try:
        yield aside
    finally:
        ray.shutdown()


def test_a_machine_is_manned_with_what_it_is_for_and_judges_go_where_judging_is_done(roles: frozenset[Role]) -> None:
    launcher = RayLauncher(factory=IdleFactory(), grace_s=5)
    (node,) = launcher.nodes()
    assert node.roles == roles
    change = staffing_changes((node,), launcher.present(), (), {}, Staffing())
    assert [slot.role for slot in change.start] == [Role.SHARD]
    launcher.start(change.start[0])
    actor: Any = ray.get_actor(change.start[0].name, namespace=NAMESPACE)
    assert ray.get(actor.judge_node.remote()) == node.node_id
    assert ray.available_resources()[Role.JUDGING.resource] < 1  # type: ignore[no-untyped-call]
    assert ray.available_resources()[Role.SHARD.resource] == 1  # type: ignore[no-untyped-call]


def test_machines_are_asked_of_ray_by_the_resource_of_captures(roles: frozenset[Role]) -> None:
    launcher = RayLauncher(factory=IdleFactory(), grace_s=5)
    for count in (3, 1):
        launcher.ask_for(count)
        asked = json.loads(_internal_kv_get(AUTOSCALER_RESOURCE_REQUEST_CHANNEL))
        assert asked == [{"zhenyan_shard": 1.0}] * count

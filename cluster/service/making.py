"""What the live service's actors are made of, for whoever starts them."""

from dataclasses import dataclass

from cluster.dispatch.carriers import Made
from cluster.dispatch.types import NodeSeen, Post, Role
from cluster.service.actors import GROUPS, HearingActor, ReadingActor, ShardActor
from cluster.service.pools import pool_placement
from cluster.service.types import ServiceConfig


@dataclass(frozen=True, slots=True)
class ServiceMaker:
    """Makes shards and pools by these settings; a pool asks for its part of a GPU where its machine has one."""

    config: ServiceConfig

    def made(self, post: Post, node: NodeSeen) -> Made:
        """What to start on this post. No call is ever retried by Ray: what was lost goes on from a checkpoint."""
        options: dict[str, object] = {"concurrency_groups": GROUPS, "max_task_retries": 0}
        if post.role is Role.SHARD:
            cores = max(1, int(node.cpu_count) // self.config.shards)
            return Made(
                kind=ShardActor,
                arguments={"config": self.config, "post": post, "node": node.name, "cores": cores},
                options=options,
            )
        placement = pool_placement(self.config, cores=1, gpu_count=node.gpu_count)
        return Made(
            kind=HearingActor if post.role is Role.HEARING else ReadingActor,
            arguments={"config": self.config, "gpu_count": node.gpu_count, "name": post.name},
            options=options | {"num_gpus": placement.gpu_share},
        )

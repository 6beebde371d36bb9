"""Where a pool's engines run, and how many broadcasts fit on a machine."""

from asr.batching.placement import Placement, place
from cluster.live.types import ServiceConfig

_LOAD = 0.7
USUAL_CORES = 0.2
"""What a broadcast takes of a core of an AMD EPYC with the base model: reckoned with where it can't be tried."""


def pool_placement(config: ServiceConfig, *, cores: int, gpu_count: float) -> Placement:
    """Where a pool's engines run: on a part of a GPU where there is one, else on half of the machine's cores."""
    return place(
        config.job["device"],
        gpu_count=gpu_count,
        gpu_share=config.job["num_gpus"],
        cores=max(1, cores // 2),
        process_count=config.job["asr_processes"] or None,
    )


def places_of(cores: int, cores_per_stream: float) -> float:
    """Whole broadcasts that this many cores carry at 70 % load; at least 1."""
    return float(max(1, int(cores * _LOAD / cores_per_stream)))

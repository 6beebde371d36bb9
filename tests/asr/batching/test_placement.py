"""Engines go where there is a GPU and only there, with a scheduler that knows of one."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import ray

from asr.batching.placement import Placement, place
from asr.errors import SpeechSettingsError


@pytest.mark.parametrize(
    ("asked", "device", "compute_type", "process_count", "gpu_share"),
    [
        pytest.param({"gpu_count": 0}, "cpu", "int8", 4, 0, id="auto without a GPU"),
        pytest.param({"gpu_count": 1}, "cuda", "float16", 2, 0.5, id="auto with one"),
        pytest.param({"gpu_count": 1, "gpu_share": 0}, "cpu", "int8", 4, 0, id="auto where no GPU may be asked for"),
        pytest.param({"device": "cpu", "gpu_count": 2}, "cpu", "int8", 4, 0, id="cpu though there are two"),
        pytest.param(
            {"device": "cuda", "gpu_count": 1, "gpu_share": 1, "compute_type": "int8_float16", "process_count": 3},
            *("cuda", "int8_float16", 3, 1),
            id="as it was set",
        ),
        pytest.param({"gpu_count": 0, "cores": 0}, "cpu", "int8", 1, 0, id="cores that can't be counted"),
    ],
)
def test_engines_are_placed(
    asked: dict[str, Any], device: str, compute_type: str, process_count: int, gpu_share: float
) -> None:
    placement = place(**{"device": "auto", "gpu_share": 0.5, "cores": 4, **asked})
    assert (placement.device, placement.compute_type) == (device, compute_type)
    assert (placement.process_count, placement.gpu_share) == (process_count, gpu_share)
    assert placement.batcher_settings(100).batch_size == placement.batch_size


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        pytest.param({"device": "cuda", "gpu_count": 0}, "no GPU is here", id="a GPU that is not there"),
        pytest.param({"device": "cuda", "gpu_share": 0}, "num_gpus 0", id="a GPU that may not be asked for"),
        pytest.param({"gpu_share": 2}, "only 1", id="more than there is"),
        pytest.param({"process_count": 0}, "at least 1", id="no engine"),
    ],
)
def test_what_cannot_be_is_refused(asked: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SpeechSettingsError, match=complaint):
        place(**{"device": "auto", "gpu_count": 1, "gpu_share": 0.5, "cores": 4, **asked})


@dataclass(frozen=True)
class Seen:
    """What an actor sees of GPUs."""

    ids: list[int]
    visible: str | None


class Looker:
    """An actor that tells what it was given."""

    def look(self) -> Seen:
        return Seen(ids=[int(one) for one in ray.get_gpu_ids()], visible=os.environ.get("CUDA_VISIBLE_DEVICES"))


@pytest.fixture(scope="module")
def one_gpu() -> Iterator[None]:
    """A Ray that believes in one GPU, with the environment that running_ray gives it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        environment.setenv("RAY_USAGE_STATS_ENABLED", "0")
        environment.setenv("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
        environment.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        # Without an address Ray would join whichever cluster was started last on this machine.
        ray.init(
            address="local",
            num_cpus=4,
            num_gpus=1,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
        )
        yield
        ray.shutdown()


def started(placement: Placement) -> Any:
    return ray.remote(num_cpus=0, num_gpus=placement.gpu_share)(Looker).remote()


@pytest.mark.filterwarnings("default")
def test_ray_gives_the_gpu_to_those_who_ask_and_to_nobody_else(one_gpu: None) -> None:
    gpu_count = ray.cluster_resources().get("GPU", 0)
    hearing = place("auto", gpu_count=gpu_count, gpu_share=0.5, cores=4)
    reading = place("auto", gpu_count=gpu_count, gpu_share=0.5, cores=4)
    other = place("cpu", gpu_count=gpu_count, gpu_share=0.5, cores=4)
    assert (hearing.device, other.device) == ("cuda", "cpu")
    actors = [started(placement) for placement in (hearing, reading, other)]
    first, second, without = ray.get([actor.look.remote() for actor in actors], timeout=60)
    assert first == second == Seen(ids=[0], visible="0")
    assert without.ids == []
    assert without.visible in (None, "")
    late = started(place("auto", gpu_count=gpu_count, gpu_share=1, cores=4))
    waiting = late.look.remote()
    assert ray.wait([waiting], timeout=0.5)[0] == []
    for actor in actors:
        ray.kill(actor)
    assert ray.get(waiting, timeout=60).ids == [0]

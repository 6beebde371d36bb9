"""Engines go where there is a GPU and only there, with a scheduler that knows of one."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import ray

from asr.batching.batcher import Batcher
from asr.batching.gpu_memory import engine_memory_mb
from asr.batching.placement import Placement, fitted, place, spread
from asr.errors import SpeechSettingsError
from asr.recogniser import SAMPLES_PER_MS, Cut


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


def on_a_card(**asked: Any) -> Placement:
    return place(**{"device": "cuda", "gpu_count": 1, "gpu_share": 1, "cores": 4, **asked})


def test_a_larger_model_and_a_larger_call_take_more() -> None:
    taken = [engine_memory_mb(model, batch_size=8, compute_type="float16") for model in ("base", "small", "medium")]
    assert taken == sorted(taken)
    assert taken[0] < taken[-1]
    calls = [engine_memory_mb("base", batch_size=size, compute_type="float16") for size in (1, 2, 32)]
    assert calls == sorted(calls)
    # Twice the cuts take twice what is not the model's own.
    assert calls[2] - calls[1] == pytest.approx(30 * (calls[1] - calls[0]))


def test_the_models_own_weights_are_what_arithmetic_says() -> None:
    half = engine_memory_mb("large-v3", batch_size=1, compute_type="float16")
    eighth = engine_memory_mb("large-v3", batch_size=1, compute_type="int8_float16")
    assert half - eighth == pytest.approx(1_550)


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        pytest.param({"model": "enormous"}, "known: tiny", id="a model that nobody knows"),
        pytest.param({"compute_type": "int3"}, "known are", id="arithmetic that is none"),
        pytest.param({"batch_size": 0}, "at least 1", id="an empty call"),
    ],
)
def test_memory_that_cannot_be_reckoned_is_refused(asked: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SpeechSettingsError, match=complaint):
        engine_memory_mb(**{"model": "base", "batch_size": 1, "compute_type": "float16", **asked})


def test_on_a_large_card_everything_stays_as_it_was_asked() -> None:
    asked = on_a_card()
    assert fitted(asked, "base", 80_000) == asked


def test_calls_shrink_before_processes_do() -> None:
    asked = on_a_card()
    room = 2 * engine_memory_mb("medium", batch_size=4, compute_type="float16")
    smaller = fitted(asked, "medium", room)
    assert (smaller.process_count, smaller.batch_size) == (2, 4)
    less = fitted(asked, "medium", 2 * engine_memory_mb("medium", batch_size=1, compute_type="float16") - 1)
    assert (less.process_count, less.cpu_count) == (1, 1)
    assert less.batch_size > 1


@pytest.mark.parametrize("card_mb", [2_000, 4_000, 8_000, 16_000, 24_000, 80_000])
@pytest.mark.parametrize("share", [0.25, 0.5, 1])
@pytest.mark.parametrize("model", ["base", "small", "medium"])
def test_what_is_placed_never_takes_more_than_its_share(card_mb: float, share: float, model: str) -> None:
    asked = on_a_card(gpu_share=share)
    try:
        found = fitted(asked, model, card_mb)
    except SpeechSettingsError:
        assert engine_memory_mb(model, batch_size=1, compute_type="float16") > card_mb * share
        return
    taken = found.process_count * engine_memory_mb(model, batch_size=found.batch_size, compute_type="float16")
    assert taken <= card_mb * share


def test_a_card_that_is_too_small_says_what_to_do() -> None:
    with pytest.raises(SpeechSettingsError, match="smaller model"):
        fitted(on_a_card(gpu_share=0.5), "large-v3", 4_000)


def test_a_cpu_has_no_card_to_fit() -> None:
    asked = place("cpu", gpu_count=0, gpu_share=0.5, cores=4)
    assert fitted(asked, "large-v3", 1) == asked
    assert spread([80_000], asked, "large-v3") == (asked,)


def test_several_cards_hold_a_pool_for_each_share() -> None:
    asked = on_a_card(gpu_count=3, gpu_share=0.5)
    pools = spread([24_000, 24_000, 1_000], asked, "base")
    assert len(pools) == 4
    assert all(pool.gpu_share == 0.5 for pool in pools)
    assert spread([1_000], asked, "base") == ()


def test_a_placements_batcher_holds_back_who_floods_it() -> None:
    """What waits for cards is bounded, however large their calls are: who brings more is told so, and keeps it."""
    settings = fitted(on_a_card(), "base", 80_000).batcher_settings(100)
    batcher = Batcher(settings)
    samples = np.zeros(20_000 * SAMPLES_PER_MS, np.float32)
    cut = Cut(stream_id="s1", start_ms=0, end_ms=20_000, speech_start_ms=0, speech_end_ms=20_000, samples=samples)
    taken = 0
    while batcher.offer(cut, 0).ticket is not None:
        taken += 1
    assert 0 < taken * 20_000 <= settings.stream_limit_ms
    call = batcher.take(100)
    assert call is not None
    assert len(call.cuts) <= settings.batch_size
    assert batcher.offer(cut, 100).ticket is not None


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


@pytest.mark.service
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

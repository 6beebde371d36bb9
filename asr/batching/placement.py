"""Where engines run on a machine: how many processes, on what, with what arithmetic. Pure.

On a CPU an engine takes one thread of int8: a second thread gains nothing there, a second process does. On a GPU two
processes hold the weights each, so that one prepares spectrograms and searches while the other's call is computed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from asr.batching.batcher import BatcherSettings
from asr.batching.gpu_memory import engine_memory_mb
from asr.errors import SpeechSettingsError

GPU_PROCESSES = 2
GPU_BATCH = 32
CPU_BATCH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Engines as they are started, and what a scheduler is asked for to have room for all of them."""

    device: Literal["cpu", "cuda"]
    compute_type: str
    process_count: int
    batch_size: int
    cpu_count: float
    gpu_share: float

    def batcher_settings(self, budget_ms: int) -> BatcherSettings:
        """The batcher's settings that fit these engines."""
        return BatcherSettings(batch_size=self.batch_size, budget_ms=budget_ms)


def place(
    device: Literal["auto", "cpu", "cuda"],
    *,
    gpu_count: float,
    gpu_share: float,
    cores: int,
    process_count: int | None = None,
    compute_type: str | None = None,
) -> Placement:
    """The engines for this device; auto takes a GPU where one can be seen.

    `gpu_share`: how much of one GPU may be asked for. `process_count` and `compute_type` None: what suits the device.
    Raises SpeechSettingsError if a GPU is demanded and there is none, or if the GPU may not be asked for.
    """
    if device == "cuda" and gpu_count <= 0:
        raise SpeechSettingsError("device 'cuda': no GPU is here; set device to auto or cpu")
    if device == "cuda" and gpu_share <= 0:
        raise SpeechSettingsError("device 'cuda' with num_gpus 0: give it a share of a GPU, or set device to cpu")
    if gpu_share > gpu_count and device != "cpu" and gpu_count > 0:
        raise SpeechSettingsError(f"num_gpus {gpu_share}: only {gpu_count} are here; ask for at most that")
    if process_count is not None and process_count < 1:
        raise SpeechSettingsError(f"process count {process_count}: at least 1 engine is needed")
    if device != "cpu" and gpu_count > 0 and gpu_share > 0:
        count = process_count or GPU_PROCESSES
        return Placement(
            device="cuda",
            compute_type=compute_type or "float16",
            process_count=count,
            batch_size=GPU_BATCH,
            cpu_count=count,
            gpu_share=gpu_share,
        )
    count = process_count or max(1, cores)
    return Placement(
        device="cpu",
        compute_type=compute_type or "int8",
        process_count=count,
        batch_size=CPU_BATCH,
        cpu_count=count,
        gpu_share=0,
    )


def fitted(placement: Placement, model: str, card_mb: float) -> Placement:
    """The placement with as many processes and as large calls as its share of a card of this memory holds.

    Calls shrink first, by halves, for two small ones overlap; then processes. On a CPU nothing changes. Raises
    SpeechSettingsError where not even one process that hears one cut at a time fits.
    """
    if placement.device == "cpu":
        return placement
    room_mb = card_mb * min(1.0, placement.gpu_share)

    def takes_mb(processes: int, batch: int) -> float:
        return processes * engine_memory_mb(model, batch_size=batch, compute_type=placement.compute_type)

    for processes in range(placement.process_count, 0, -1):
        batch = placement.batch_size
        while batch > 1 and takes_mb(processes, batch) > room_mb:
            batch //= 2
        if takes_mb(processes, batch) <= room_mb:
            return replace(placement, process_count=processes, batch_size=batch, cpu_count=processes)
    raise SpeechSettingsError(
        f"model {model!r}: an engine takes {takes_mb(1, 1):.0f} MB of a card, its share is {room_mb:.0f} MB; give it"
        " more of the card, or take a smaller model"
    )


def spread(cards_mb: Sequence[float], placement: Placement, model: str) -> tuple[Placement, ...]:
    """The pools that a machine with these cards holds, card by card: as many as there are shares of each.

    A card that holds none is left out; without any the machine has one pool on its CPUs, if the placement is one.
    """
    if placement.device == "cpu":
        return (placement,)
    pools: list[Placement] = []
    for card_mb in cards_mb:
        try:
            one = fitted(placement, model, card_mb)
        except SpeechSettingsError:
            continue
        pools += [one] * max(1, int(1 / placement.gpu_share + 1e-9))
    return tuple(pools)

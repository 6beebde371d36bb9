"""The ASR pool: one set of engines for many broadcasts; what waits at the same time shares their calls."""

import threading
from collections.abc import Sequence
from pathlib import Path

from asr.batching.placement import Placement
from asr.recogniser import Cut, length_ms
from claims.types import Passage
from cluster.live.alikes import AlikesInForce
from cluster.live.failures import answered
from cluster.live.types import ServiceConfig
from cluster.stages.asr import AsrStage


class AsrPool:
    """Recognises cuts of any number of broadcasts; remembers nothing of them."""

    def __init__(self, config: ServiceConfig, placement: Placement) -> None:
        self._asr = AsrStage(
            model=config.job["asr_model"],
            models_dir=config.job.get("models") or Path(config.data_dir) / "models",
            placement=placement,
            threads=config.job["threads"],
            budget_ms=config.job["asr_budget_ms"],
            shared=True,
            alikes=AlikesInForce(config.data_dir, config.policy_dir) if config.job["asr_rehear"] else None,
        )
        self._recognised_ms = 0
        self._counting = threading.Lock()

    @property
    def done(self) -> float:
        """Seconds of sound that were recognised so far."""
        return self._recognised_ms / 1000

    @property
    def waiting(self) -> int:
        """How many cuts wait for an engine."""
        return self._asr.waiting_count

    @property
    def model(self) -> str:
        """The recogniser as findings name it."""
        return self._asr.model

    def name(self) -> str:
        """The recogniser as findings name it."""
        return self.model

    @answered
    def recognise(self, cuts: Sequence[Cut]) -> list[Passage]:
        """What was said in these cuts, in their order; any number of threads may call."""
        passages = self._asr.transcribe(cuts)
        with self._counting:
            self._recognised_ms += sum(map(length_ms, cuts))
        return passages

    def close(self) -> None:
        """Ends the engines."""
        self._asr.close()

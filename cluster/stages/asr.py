"""Recognition as a stage: cuts in, passages out."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from asr.batching.placement import Placement, place
from asr.engines.registry import fetch, open_recogniser
from asr.engines.shared import SharedRecogniser, by_cut, start_shared
from asr.recogniser import Cut, Recogniser, RecognitionCounts
from asr.rescoring.candidates import SoundAlikes
from claims.passages import from_utterance
from claims.types import Passage
from cluster.types import ScreenJob

if TYPE_CHECKING:
    from cluster.stages.policies import LoadedPolicies

_CALLS_PER_ENGINE = 2


class AsrStage:
    """Recognises cuts of any number of streams.

    One engine on a CPU runs in this process, for one caller at a time. Otherwise each engine has a process of its own,
    and whoever calls at about the same time shares them; then call it from `concurrency_of` threads.
    """

    def __init__(
        self,
        *,
        model: str,
        models_dir: Path,
        placement: Placement,
        threads: int,
        budget_ms: int,
        shared: bool | None = None,
        alikes: SoundAlikes | None = None,
    ) -> None:
        """`shared`: whether engines have processes of their own, for any number of callers; None: as it suits them.

        `alikes`: what finds words to listen for once more; None: nothing is heard twice.
        """
        make_engine = partial(
            open_recogniser,
            model,
            models_dir,
            device=placement.device,
            threads=threads,
            compute_type=placement.compute_type,
            batch_size=placement.batch_size,
            alikes=alikes,
        )
        self._recogniser: Recogniser
        if _is_shared(placement) if shared is None else shared:
            fetch(model, models_dir)  # here, where what is missing names itself, and once instead of in every process
            self._recogniser = start_shared(
                make_engine,
                process_count=placement.process_count,
                settings=placement.batcher_settings(budget_ms),
            )
        else:
            self._recogniser = make_engine()
        self._hotwords: dict[str, tuple[str, ...]] = {}

    @property
    def model(self) -> str:
        """The recogniser as findings name it."""
        return self._recogniser.model_name

    @property
    def counts(self) -> RecognitionCounts:
        """What became of the cuts so far."""
        return self._recogniser.counts

    @property
    def waiting_count(self) -> int:
        """How many cuts wait for an engine; none where one engine works for one caller at a time."""
        return self._recogniser.waiting_count if isinstance(self._recogniser, SharedRecogniser) else 0

    def expect(self, stream_id: str, hotwords: tuple[str, ...]) -> None:
        """Names these to the recogniser from now on when it hears this stream; an empty list ends it."""
        if hotwords:
            self._hotwords[stream_id] = hotwords
        else:
            self._hotwords.pop(stream_id, None)

    def transcribe(self, cuts: Sequence[Cut]) -> list[Passage]:
        """The passages that were said in these cuts."""
        [passages] = self.transcribe_together([cuts])
        return passages

    def transcribe_together(self, groups: Sequence[Sequence[Cut]]) -> list[list[Passage]]:
        """The passages of each group of cuts; all of them share the recogniser's calls."""
        cuts = [replace(cut, hotwords=self._hotwords.get(cut.stream_id, ())) for group in groups for cut in group]
        heard = iter(by_cut(cuts, self._recogniser.transcribe(cuts)) if cuts else ())
        return [[from_utterance(said) for said in chain.from_iterable(islice(heard, len(group)))] for group in groups]

    def close(self) -> None:
        """Ends the engines' processes, if they have any."""
        if isinstance(self._recogniser, SharedRecogniser):
            self._recogniser.close()


def asr_stage_of(job: ScreenJob, placement: Placement, policies: "LoadedPolicies | None" = None) -> AsrStage:
    """The job's hearing, its engines loaded. `policies`: what this process has loaded already."""
    return AsrStage(
        model=job.asr_model,
        models_dir=job.models_dir,
        placement=placement,
        threads=job.threads,
        budget_ms=job.asr_budget_ms,
        alikes=read_alikes(job.policy_dir, policies) if job.asr_rehear else None,
    )


def read_alikes(policy_dir: Path | None, policies: "LoadedPolicies | None" = None) -> SoundAlikes:
    """What finds the words of this policy to listen for once more. `policies`: what this process has loaded already."""
    # A pool's process, which holds a stage and no policy, is spared what these take.
    from claims.obfuscation.soundalike import alikes_of
    from cluster.stages.policies import LoadedPolicies

    return alikes_of((policies or LoadedPolicies()).policy(policy_dir))


def placement_of(job: ScreenJob, gpu_count: float) -> Placement:
    """Where a job's engines run: a job is one stream, for which one engine on a CPU is enough unless more are set."""
    return place(
        job.device,
        gpu_count=gpu_count,
        gpu_share=job.num_gpus,
        cores=1,
        process_count=job.asr_processes or None,
    )


def concurrency_of(placement: Placement) -> int:
    """How many threads may call a hearing that is placed like this."""
    return _CALLS_PER_ENGINE * placement.process_count if _is_shared(placement) else 1


def _is_shared(placement: Placement) -> bool:
    return placement.device != "cpu" or placement.process_count > 1

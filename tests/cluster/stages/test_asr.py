"""One engine hears many streams, each with its own products in mind."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from asr.batching.placement import place
from asr.errors import WeightsMissingError
from asr.recogniser import Cut
from cluster.local import screen_locally
from cluster.stages.asr import AsrStage, concurrency_of, placement_of
from cluster.types import ScreenJob, Understood
from tests.ingest.support import run_ffmpeg

CLIP = Path(__file__).parents[2] / "asr" / "clips" / "red_wine.flac"


@pytest.fixture(scope="module")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> AsrStage:
    return opened(tmp_path_factory.mktemp("models"), process_count=1)


def opened(models_dir: Path, *, process_count: int, model: str = "base") -> AsrStage:
    placement = place("cpu", gpu_count=0, gpu_share=0, cores=1, process_count=process_count)
    return AsrStage(model=model, models_dir=models_dir, placement=placement, threads=1, budget_ms=50)


def cut(stream_id: str) -> Cut:
    samples = np.asarray(soundfile.read(CLIP, dtype="float32")[0], np.float32)
    end_ms = len(samples) // 16
    return Cut(
        stream_id=stream_id, start_ms=0, end_ms=end_ms, speech_start_ms=200, speech_end_ms=end_ms - 200, samples=samples
    )


def test_only_the_stream_that_sells_it_is_heard_with_its_name_in_mind(hearing: AsrStage) -> None:
    hearing.expect("wine", ("赤霞珠干红葡萄酒",))
    wine, other = hearing.transcribe([cut("wine"), cut("other")])
    # Whole numbers are multiplied otherwise on each kind of processor: 吃霞珠 on one, 赤霞珠 on another.
    assert "霞珠" in wine.text
    assert "霞珠" not in other.text
    assert wine.unconfirmed
    assert wine.text_without_hints == other.text
    assert not other.unconfirmed
    hearing.expect("wine", ())
    assert hearing.transcribe([cut("wine")])[0].text == other.text


def test_no_cuts_give_no_passages_and_nothing_is_counted(hearing: AsrStage) -> None:
    before = hearing.counts.cut_count
    assert hearing.transcribe([]) == []
    assert hearing.counts.cut_count == before


def test_engines_in_processes_hear_the_same_and_callers_share_them(hearing: AsrStage, tmp_path: Path) -> None:
    shared = opened(tmp_path, process_count=2)
    try:
        assert shared.model == hearing.model
        alone = hearing.transcribe([cut("a")])
        with ThreadPoolExecutor(2) as callers:
            first, second = (callers.submit(shared.transcribe, [cut("a")]) for _ in range(2))
        assert first.result() == second.result() == alone
        assert shared.counts.cut_count == 2
    finally:
        shared.close()


def test_missing_weights_name_themselves_before_any_process_starts(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissingError):
        opened(tmp_path, process_count=2, model=str(tmp_path / "nothing"))


def job(tmp_path: Path, **values: Any) -> ScreenJob:
    return ScreenJob(
        stream_id="s1",
        source=str(tmp_path / "talk.ts"),
        recording_dir=tmp_path / "recording",
        passports_file=tmp_path / "passports.json",
        at=datetime(2026, 11, 24, 20, tzinfo=UTC),
        data_dir=tmp_path / "data",
        **values,
    )


@pytest.mark.parametrize(
    ("values", "gpu_count", "device", "process_count", "gpu_share", "concurrency"),
    [
        pytest.param({}, 0, "cpu", 1, 0, 1, id="a stream on a CPU: one engine within the stage"),
        pytest.param({"asr_processes": 3}, 0, "cpu", 3, 0, 6, id="as many as are set"),
        pytest.param({}, 1, "cuda", 2, 0.5, 4, id="a GPU"),
        pytest.param({"num_gpus": 0}, 1, "cpu", 1, 0, 1, id="a GPU that may not be asked for"),
        pytest.param({"device": "cpu"}, 1, "cpu", 1, 0, 1, id="a GPU that is not wanted"),
    ],
)
def test_a_job_says_where_its_engines_run(
    tmp_path: Path,
    values: dict[str, Any],
    gpu_count: int,
    device: str,
    process_count: int,
    gpu_share: float,
    concurrency: int,
) -> None:
    placement = placement_of(job(tmp_path, **values), gpu_count)
    assert (placement.device, placement.process_count, placement.gpu_share) == (device, process_count, gpu_share)
    assert concurrency_of(placement) == concurrency


def test_the_model_is_named(hearing: AsrStage) -> None:
    assert hearing.model.startswith("whisper-base-mandarin/")


@pytest.mark.parametrize("wanted", [True, False])
def test_a_screening_names_its_products_only_if_it_is_told_to(tmp_path: Path, wanted: bool) -> None:
    passports = [{"id": "P-1", "name": "赤霞珠干红葡萄酒", "category": "alcohol/wine"}]
    (tmp_path / "passports.json").write_text(json.dumps(passports), encoding="utf-8")
    media = tmp_path / "talk.ts"
    run_ffmpeg("-i", CLIP, "-c:a", "aac", media)
    screened = screen_locally(job(tmp_path, asr_hotwords=wanted))
    heard = [e.passage for e in screened if isinstance(e, Understood) and e.passage.channel == "speech"]
    assert ("赤霞珠" in "".join(passage.text for passage in heard)) is wanted
    assert any(passage.unconfirmed for passage in heard) is wanted

"""The benchmark of speech really recognises, compares the same utterances, and makes conditions as it says."""

import numpy as np
import pytest

from bench.asr import ENDPOINTED, PEER, run
from bench.asr_live import Replay
from bench.asr_live import run as run_live
from bench.asr_material import CONDITIONS, SIGNAL_TO_NOISE_DB, VOICES, broadcast_lines, degrade, made_lines
from bench.cer import difference_interval
from ingest.types import SAMPLE_RATE_HZ

pytestmark = pytest.mark.service


@pytest.mark.slow
def test_a_quick_run_gives_every_table() -> None:
    rows = run(quick=True)
    costs = [row for row in rows if "way" in row]
    peer, ours, single, endpointed = costs
    assert peer["way"] == PEER
    assert {row["utterances"] for row in costs} == {3}
    assert float(str(ours["audio_s_per_cpu_s"])) > float(str(peer["audio_s_per_cpu_s"])) > 0
    assert all(float(str(row["character_error_rate"])) < 0.5 for row in costs)
    assert peer["difference"] == 0
    assert single["peers"] == peer["character_error_rate"]
    assert endpointed["way"] == ENDPOINTED
    assert {row["condition_or_voice"] for row in rows if "condition_or_voice" in row} >= {"clean", "telephone"}
    assert len([row for row in rows if "part" in row]) == 12
    (agreement,) = [row for row in rows if "identical_share" in row]
    assert agreement["compared"] == 3
    assert len([row for row in rows if "one_by_one" in row]) == round(
        3 * (1 - float(str(agreement["identical_share"])))
    )
    assert [row["recorded_s"] for row in rows if "recording" in row] == [13] * 3


@pytest.mark.slow
def test_a_quick_live_run_hears_streams_and_silence() -> None:
    rows = run_live(quick=True)
    runs = [row for row in rows if "run" in row]
    assert len(runs) == 3
    assert all(row["streams"] == 1 and int(str(row["utterances"])) >= 1 for row in runs)
    (silence,) = [row for row in rows if "silent_stream" in row]
    assert silence["cuts"] == 0


def test_the_wait_of_a_replay_counts_what_was_never_heard() -> None:
    heard = Replay(streams=1, waits_s=(1.0,) * 99, cpu_share=0)
    assert heard.in_time
    assert heard.p95_s == 1
    assert not Replay(streams=1, waits_s=(*(1.0,) * 90, *(float("inf"),) * 10), cpu_share=0).in_time
    assert not Replay(streams=1, waits_s=(), cpu_share=0).in_time


def test_interval_of_a_difference_is_paired() -> None:
    same = [("一二三四五", "一二三四", "一二三四")] * 20
    assert difference_interval(same) == (0, 0, 0)
    better, low, high = difference_interval([("一二三四五", "一二三四五", "一二三")] * 5 + same)
    assert low < better < high <= 0
    assert better == pytest.approx(-10 / 125)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions_keep_length_and_level(condition: str) -> None:
    speech = broadcast_lines()[0].samples
    changed = degrade(speech, condition, seed=3)
    assert changed.shape == speech.shape
    assert changed.dtype == np.float32
    assert np.abs(changed).max() <= 1
    assert (changed is speech) == (condition == "clean")


@pytest.mark.parametrize("condition", ["music", "noise"])
def test_what_is_mixed_in_is_as_much_weaker_as_said(condition: str) -> None:
    speech = 0.2 * broadcast_lines()[0].samples
    added = degrade(speech, condition, seed=3) - speech
    ratio = np.mean(np.square(speech, dtype=np.float64)) / np.mean(np.square(added, dtype=np.float64))
    assert 10 * np.log10(ratio) == pytest.approx(SIGNAL_TO_NOISE_DB, abs=0.1)


def test_a_telephone_passes_its_band_alone() -> None:
    at_s = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    low, middle, high = (
        degrade((0.5 * np.sin(2 * np.pi * hz * at_s)).astype(np.float32), "telephone", seed=0)
        for hz in (100, 1_000, 5_000)
    )
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)
    assert max(np.abs(low).max(), np.abs(high).max()) < 0.01


def test_without_a_synthesiser_the_bench_says_what_is_missing(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bench.asr_material._CACHE", tmp_path)
    assert made_lines() == []
    assert "204 of the spoken sentences are missing" in capsys.readouterr().err
    assert len(VOICES) == 8

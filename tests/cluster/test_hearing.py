"""One engine hears many streams, each with its own products in mind."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.engine import Cut
from cluster.hearing import Hearing
from cluster.local import screen_locally
from cluster.types import ScreenJob, Understood
from tests.ingest.support import run_ffmpeg

CLIP = Path(__file__).parents[1] / "asr" / "clips" / "red_wine.flac"


@pytest.fixture(scope="module")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> Hearing:
    return Hearing(model="base", models_dir=tmp_path_factory.mktemp("models"), device="cpu", threads=1)


def cut(stream_id: str) -> Cut:
    samples = np.asarray(soundfile.read(CLIP, dtype="float32")[0], np.float32)
    end_ms = len(samples) // 16
    return Cut(
        stream_id=stream_id, start_ms=0, end_ms=end_ms, speech_start_ms=200, speech_end_ms=end_ms - 200, samples=samples
    )


def test_only_the_stream_that_sells_it_is_heard_with_its_name_in_mind(hearing: Hearing) -> None:
    hearing.expect("wine", ("赤霞珠干红葡萄酒",))
    wine, other = hearing.transcribe([cut("wine"), cut("other")])
    assert "赤霞珠" in wine.text
    assert wine.unconfirmed
    assert wine.text_without_hints == other.text
    assert not other.unconfirmed
    hearing.expect("wine", ())
    assert hearing.transcribe([cut("wine")])[0].text == other.text


def test_no_cuts_give_no_passages_and_nothing_is_counted(hearing: Hearing) -> None:
    before = hearing.counts.cut_count
    assert hearing.transcribe([]) == []
    assert hearing.counts.cut_count == before


def test_the_model_is_named(hearing: Hearing) -> None:
    assert hearing.model.startswith("whisper-base/")


@pytest.mark.parametrize("wanted", [True, False])
def test_a_screening_names_its_products_only_if_it_is_told_to(tmp_path: Path, wanted: bool) -> None:
    passports = [{"id": "P-1", "name": "赤霞珠干红葡萄酒", "category": "alcohol/wine"}]
    (tmp_path / "passports.json").write_text(json.dumps(passports), encoding="utf-8")
    media = tmp_path / "talk.ts"
    run_ffmpeg("-i", CLIP, "-c:a", "aac", media)
    job = ScreenJob(
        stream_id="s1",
        source=str(media),
        recording_dir=tmp_path / "recording",
        passports_file=tmp_path / "passports.json",
        at=datetime(2026, 11, 24, 20, tzinfo=UTC),
        data_dir=tmp_path / "data",
        asr_hotwords=wanted,
    )
    heard = [e.passage for e in screen_locally(job) if isinstance(e, Understood) and e.passage.channel == "speech"]
    assert ("赤霞珠" in "".join(passage.text for passage in heard)) is wanted
    assert any(passage.unconfirmed for passage in heard) is wanted

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

import configs
from bench.rooms import key_frames
from claims.types import Passage, PlatformFact
from cluster.stages.judging import JudgingStage
from cluster.stages.products import ProductStage
from cluster.types import OnSale, ScreenJob
from ingest.types import Frame
from tests.material import DEMO_FILM
from vision.layout.types import RoomMark

CHARGER, HONEY = "urn:demo:passport:01", "urn:demo:passport:05"
AT = datetime.fromisoformat("2026-11-24T20:00:00+08:00")


@pytest.fixture
def job(tmp_path: Path) -> ScreenJob:
    return ScreenJob(
        stream_id="demo",
        source="demo.mp4",
        recording_dir=tmp_path,
        passports_file=configs.DEMO_DIR / "passports.yaml",
        at=AT,
        data_dir=tmp_path,
    )


def test_the_demos_products_are_told_from_its_pictures_alone(job: ScreenJob) -> None:
    looking, judging = ProductStage(job), JudgingStage(job, {})
    assert looking.left_out == ()
    told: list[OnSale] = []
    for frame in key_frames(DEMO_FILM, "demo")[55:85]:
        judging.see(looking.match([frame]), ())
        told += judging.on_sale(frame.at_ms)
    assert [event.product_id for event in told] == [CHARGER, HONEY]
    assert all(event.because == ("looks like its picture",) for event in told)
    assert all(0.5 < event.confidence < 1 for event in told)
    silent = Passage(stream_id="demo", id="u1", start_ms=84_000, end_ms=86_000, text="血糖就降下来了 糖尿病人放心喝")
    found = judging.judge([silent], 86_000) + judging.finish()
    assert {finding.product_id for finding in found} == {HONEY}


def test_passports_that_would_be_refused_today_are_judged_by_and_told_of_once(
    job: ScreenJob, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "kept.json"
    old = [{"id": f"P-{n}", "name": "枣花蜜", "category": "foods/honey"} for n in (1, 2)]
    file.write_text(json.dumps([*old, {"id": "P-3", "name": "杯", "category": "home/mug"}]), encoding="utf-8")
    judging = JudgingStage(replace(job, passports_file=file), {})
    assert [passport.id for passport in judging.passports] == ["P-1", "P-2", "P-3"]
    [told] = [record.message for record in caplog.records if "refused today" in record.message]
    assert "stream demo: 2 passports" in told
    assert "'P-1'" in told


def test_a_black_frame_shows_no_product(job: ScreenJob) -> None:
    looking = ProductStage(job)
    assert looking.match([Frame(stream_id="demo", at_ms=0, image=np.zeros((720, 1280, 3), np.uint8))]) == []
    assert looking.counts.looks == 1


def label(last_ms: int) -> RoomMark:
    return RoomMark(
        stream_id="demo",
        kind="generated_presenter",
        first_ms=0,
        last_ms=last_ms,
        until_ms=last_ms,
        share=1.0,
        words="AI主播",
        texts=("f1",),
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param((), "contradicted", id="the screen's label counts"),
        pytest.param(
            (PlatformFact(stream_id="demo", at_ms=0, kind="ai_label", value=False),),
            "unsupported",
            id="the platform's word goes first",
        ),
    ],
)
def test_a_label_is_told_once_and_becomes_a_fact(
    job: ScreenJob, facts: tuple[PlatformFact, ...], expected: str
) -> None:
    judging = JudgingStage(replace(job, facts=facts), {})
    assert len(judging.see((), [label(5_000)])) == 1
    assert judging.see((), [label(30_000)]) == []
    spoken = Passage(stream_id="demo", id="u1", start_ms=31_000, end_ms=33_000, text="我就是真人")
    found = judging.judge([spoken], 33_000) + judging.finish()
    assert [f.verdict.value for f in found if f.class_id == "AI_IMPERSONATION"] == [expected]

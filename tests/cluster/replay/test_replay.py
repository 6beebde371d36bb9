"""A broadcast that was screened with the semantic layer is replayed without reading a word of it again."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

import configs
from claims.classifier.converted import user_models_folder
from claims.classifier.gemma import PackagedGemma
from claims.classifier.opening import AUTO
from claims.types import Finding, Passage
from cluster.replay.run import Replaying, ReplayJob
from cluster.stages.judging import JudgingStage
from cluster.stages.recorder import Recorder
from cluster.types import ScreenJob
from review.evidence.basis import read_kept_directions
from review.replays.types import StreamDiff
from review.stores import Stores
from tests.claims.support import own_encoder, own_known
from tests.review.replays.stored import ALL, AT, PASSPORTS, candidate, fill, passages_of

pytestmark = pytest.mark.service

IMPLIED = "我爸原来一天三顿药，喝了这个现在一颗都不碰了"


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = Stores.open(f"sqlite:///{tmp_path / 'zhenyan.db'}")
    yield opened
    opened.close()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that the encoder is given."""
    texts: list[str] = []
    encode = PackagedGemma.encode

    def counted(encoder: PackagedGemma, given: Sequence[str]) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
        texts.extend(given)
        return encode(encoder, given)

    monkeypatch.setattr(PackagedGemma, "encode", counted)
    return texts


def _said() -> list[Passage]:
    passages = passages_of("s1")
    last = passages[-1]
    more = last.model_copy(
        update={"id": "u99", "start_ms": last.end_ms + 500, "end_ms": last.end_ms + 4_500, "text": IMPLIED}
    )
    return [*passages, more]


def _screen(stores: Stores, tmp_path: Path) -> list[Finding]:
    """Judges the words as live screening does, and stores what it stores; gives the findings."""
    fill(stores, tmp_path, "s1")
    job = ScreenJob(
        stream_id="s1",
        source="https://live.example/room.m3u8",
        recording_dir=tmp_path / "recordings" / "s1",
        passports_file=PASSPORTS,
        at=AT,
        data_dir=tmp_path,
        semantic=AUTO,
        models=user_models_folder(),
    )
    judging, recorder = JudgingStage(job, {"asr": "base"}), Recorder(job, writer=stores.stream_writer)
    findings = judging.judge(_said(), 0) + judging.finish()
    recorder.keep(judging.read())
    stores.stream_writer.add_passages(_said())
    stores.stream_writer.add_findings(findings)
    return findings


def _replayed(stores: Stores, tmp_path: Path, policy: Path) -> StreamDiff:
    job = ReplayJob(
        candidate=policy,
        live=configs.POLICY_DIR,
        database_url=f"sqlite:///{tmp_path / 'zhenyan.db'}",
        data_dir=tmp_path,
        semantic=AUTO,
        models=user_models_folder(),
    )
    diff = Replaying(job, stores.replays).replay("s1")
    assert isinstance(diff, StreamDiff)
    return diff


def test_what_was_read_while_live_is_not_read_again(stores: Stores, tmp_path: Path, reads: list[str]) -> None:
    findings = _screen(stores, tmp_path)
    assert [f for f in findings if f.rule.endswith(".semantic")], [(f.rule, f.quote) for f in findings]
    assert reads
    reads.clear()
    diff = _replayed(stores, tmp_path, candidate(tmp_path / "candidate", ALL))
    # Pairs of what is said and what is registered are no passages: they are read by another encoder, and anew.
    assert [text for text in reads if "【" not in text] == [own_known()]
    assert {s.finding_id for s in diff.before} == {f.finding_id for f in findings if f.disposition == "flag"}
    assert diff.unlike == 0
    assert diff.changes


def test_what_was_not_kept_is_read_and_gives_the_same(stores: Stores, tmp_path: Path, reads: list[str]) -> None:
    _screen(stores, tmp_path)
    folder = candidate(tmp_path / "candidate", ALL)
    kept = _replayed(stores, tmp_path, folder)
    for file in (tmp_path / "recordings" / "s1" / "basis").glob("read-*"):
        file.unlink()
    for topic in ("said:x", "semantic:x"):
        stores.replays.remember("s1", topic, b"")
    reads.clear()
    assert _replayed(stores, tmp_path, folder) == kept
    assert reads


def test_a_broadcast_is_read_anew_by_another_encoder(stores: Stores, tmp_path: Path) -> None:
    _screen(stores, tmp_path)
    recording = tmp_path / "recordings" / "s1"
    assert read_kept_directions(recording, str(own_encoder().key)).by_text
    assert read_kept_directions(recording, "another").by_text == {}

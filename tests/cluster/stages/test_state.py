"""What a stage remembers goes through bytes and back: the broadcast screened with other stages after each segment gives
what it gives undisturbed."""

import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

import configs
from asr.batching.placement import place
from cluster.errors import StateUnusable
from cluster.stages.asr import AsrStage, asr_stage_of
from cluster.stages.checkpoint import (
    Checkpoint,
    Versions,
    checkpoint_file,
    program_version,
    read_checkpoint,
    write_checkpoint,
)
from cluster.stages.decode import DecodeStage
from cluster.stages.judging import JudgingStage
from cluster.stages.ocr import OcrStage
from cluster.stages.products import ProductStage
from cluster.stages.recorder import Recorder
from cluster.stages.state import Stateful, freeze, thaw
from cluster.types import ScreenJob
from ingest.types import Segment
from review.stores import Stores
from review.streams.types import FindingQuery, Host, StreamRecord, StreamState
from tests.ingest.support import record
from tests.material import DEMO_FILM

pytestmark = pytest.mark.service

VERSIONS = Versions(program="1", policy="p", passports="x")
SEGMENT_COUNT = 20
ROOT = Path(__file__).parents[3]
ON_A_FULL_DISK = """
import sys
from pathlib import Path
from cluster.stages.checkpoint import Checkpoint, Versions, read_checkpoint, write_checkpoint
path, by = Path(sys.argv[1]), Versions(program="1", policy="p", passports="x")
whole = Checkpoint(stream_id="s1", sequence=4, end_ms=9, versions=by, parts={"reading": b"r"})
write_checkpoint(path, whole)
try:
    write_checkpoint(path, Checkpoint(stream_id="s1", sequence=5, end_ms=9, versions=by, parts={"r": bytes(2 << 20)}))
except OSError as error:
    kept = read_checkpoint(path, "s1", by)
    print(f"{error.strerror}, still {kept.sequence}, {len(list(path.parent.iterdir()))} file")
"""


@pytest.fixture(scope="module")
def broadcast(tmp_path_factory: pytest.TempPathFactory) -> list[Segment]:
    """The first part of the packaged broadcast, recorded."""
    folder = tmp_path_factory.mktemp("broadcast")
    return record(DEMO_FILM, folder)[:SEGMENT_COUNT]


@pytest.fixture(scope="module")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsrStage]:
    folder = tmp_path_factory.mktemp("models")
    heard = asr_stage_of(_job(folder), place("cpu", gpu_count=0, gpu_share=0, cores=1, process_count=1))
    yield heard
    heard.close()


def _job(folder: Path) -> ScreenJob:
    return ScreenJob(
        stream_id="s1",
        source="broadcast.mp4",
        recording_dir=folder / "rec",
        passports_file=configs.DEMO_DIR / "passports.yaml",
        at=datetime.fromisoformat("2026-11-24T20:00:00+08:00"),
        data_dir=folder,
        clips_dir=folder / "clips",
        database_url=f"sqlite:///{folder / 'zhenyan.db'}",
    )


@dataclass(frozen=True)
class Stages:
    preparing: DecodeStage
    reading: OcrStage
    looking: ProductStage
    judging: JudgingStage
    recorder: Recorder

    @property
    def stateful(self) -> dict[str, Stateful]:
        return dict(vars(self))

    @classmethod
    def fresh(cls, job: ScreenJob) -> "Stages":
        return cls(
            preparing=DecodeStage("s1"),
            reading=OcrStage(device="cpu", threads=1, max_side_px=960),
            looking=ProductStage(job),
            judging=JudgingStage(job, {"asr": "a", "ocr": "o"}),
            recorder=Recorder(job),
        )


def _screen(segments: Sequence[Segment], hearing: AsrStage, folder: Path, *, moving: bool) -> list[object]:
    """Everything that each segment gave, the store's account last; `moving`: two sets of stages take turns, and the
    one that takes over is given what the other remembers, and one that was never used comes in between."""
    shutil.copytree(segments[0].path.parent, folder / "rec")
    segments = [replace(s, stream_id="s1", path=folder / "rec" / s.path.name) for s in segments]
    job = _job(folder)
    stores = Stores.open(job.database_url or "")
    host = Host(id="h1", name="h1", platform="demo")
    stores.stream_writer.put_stream(StreamRecord(stream_id="s1", source="b", host=host, title="b", started_at=None))
    now = Stages.fresh(job)
    others = [Stages.fresh(job)] if moving else []
    gave: list[object] = []
    for segment in segments:
        prepared, cuts, frames = now.preparing.prepare(segment, segment.end_ms)
        passages = hearing.transcribe(cuts) + now.reading.read("s1", frames)
        marked = now.judging.see(now.looking.match(frames), now.reading.marks("s1", segment.end_ms))
        findings = now.judging.judge(passages, segment.end_ms)
        clipped = now.recorder.record(prepared, passages, findings)
        gave.append((passages, marked, findings, clipped, now.recorder.coverage, now.judging.on_sale(segment.end_ms)))
        if moving:
            saved = {name: stage.save("s1") for name, stage in now.stateful.items()}
            others.insert(0, now)
            now = Stages.fresh(job) if segment.sequence == SEGMENT_COUNT // 2 else others.pop()
            for name, stage in now.stateful.items():
                stage.load("s1", saved[name])
    passages = hearing.transcribe(now.preparing.finish()) + now.reading.finish("s1")
    findings = now.judging.judge(passages, segments[-1].end_ms) + now.judging.finish()
    gave.append((passages, findings, now.recorder.finish(passages, findings, StreamState.ENDED, None)))
    gave.append([replace(f, created_seq=0) for f in stores.streams.findings(FindingQuery(limit=500)).findings])
    gave.append((stores.streams.passages("s1"), stores.streams.coverage("s1"), stores.streams.cursor("s1")))
    for stages in others:
        stages.preparing.finish()
    stores.close()
    return gave


def test_stages_that_take_over_after_each_segment_give_the_same(
    broadcast: list[Segment], hearing: AsrStage, tmp_path: Path
) -> None:
    for name in ("still", "moving"):
        (tmp_path / name).mkdir()
    still = _screen(broadcast, hearing, tmp_path / "still", moving=False)
    moving = _screen(broadcast, hearing, tmp_path / "moving", moving=True)
    assert moving == still
    assert still[-2]  # there was something to find


def _checkpoint(**changes: object) -> Checkpoint:
    parts = {"looking": b"l" * 10, "judging": b"", "reading": b"r\n" * 5}
    whole = Checkpoint(stream_id="s1", sequence=4, end_ms=9_000, versions=VERSIONS, parts=parts)
    return replace(whole, **changes)  # type: ignore[arg-type]


def test_a_checkpoint_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = checkpoint_file(tmp_path / "rec.1")
    assert path.parent == tmp_path
    assert read_checkpoint(path, "s1", VERSIONS) is None
    write_checkpoint(path, _checkpoint())
    write_checkpoint(path, _checkpoint(sequence=5))
    assert read_checkpoint(path, "s1", VERSIONS) == _checkpoint(sequence=5)
    assert [p.name for p in tmp_path.iterdir()] == ["rec.1.checkpoint"]


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        pytest.param(lambda b: b[:-1], "is damaged", id="cut short"),
        pytest.param(lambda b: b.replace(b"llll", b"lllm", 1), "is damaged", id="a byte changed"),
        pytest.param(lambda b: b"", "is damaged", id="empty"),
        pytest.param(lambda b: b"[]\n" + b, "is damaged", id="another first line"),
        pytest.param(lambda b: b.replace(b'"format": 1', b'"format": 9'), "has another form", id="of a later program"),
        pytest.param(lambda b: b.replace(b'"s1"', b'"s2"'), "is of another stream", id="of another stream"),
        pytest.param(
            lambda b: b.replace(b'"policy": "p"', b'"policy": "q"'),
            "was made by another policy",
            id="by another policy",
        ),
    ],
)
def test_an_unusable_checkpoint_says_why(tmp_path: Path, damage: object, why: str) -> None:
    path = tmp_path / "r.checkpoint"
    write_checkpoint(path, _checkpoint())
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(StateUnusable, match=f"r.checkpoint {why}"):
        read_checkpoint(path, "s1", VERSIONS)


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = f'mount -t tmpfs -o size=1m tmpfs "{disk}" && exec "$@"'
    script = [sys.executable, "-c", ON_A_FULL_DISK, str(disk / "r.checkpoint")]
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", mounted, "sh", *script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("No space left on device, still 4, 1 file\n", 0), done.stderr


def test_shared_things_go_by_name_and_only_stages_memory_comes_back() -> None:
    engine, finding = object(), {"engine": None, "set": {1, 2}}
    finding["engine"] = engine  # type: ignore[assignment]
    state = freeze(finding, {"engine": engine, "absent": None})
    other = object()
    assert thaw(state, {"engine": other})["engine"] is other
    with pytest.raises(StateUnusable, match="needs engine, which is not here"):
        thaw(state, {})
    with pytest.raises(StateUnusable, match="can't be kept"):
        freeze(lambda: None, {})
    with pytest.raises(StateUnusable, match="can't be read"):
        thaw(state[:-5], {"engine": other})


class _Hostile:
    def __reduce__(self) -> object:
        return exec, ("raise SystemExit",)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(_Hostile(), id="a builtin that runs text"),
        pytest.param(pickle.PickleBuffer(b""), id="what is no memory"),
        pytest.param(shutil.rmtree, id="a function of the library"),
        pytest.param(checkpoint_file, id="a function of the program"),
    ],
)
def test_bytes_that_would_run_something_are_refused(bad: object) -> None:
    try:
        state = pickle.dumps(bad)
    except pickle.PicklingError:
        state = b"\x80\x05c__builtin__\neval\n."
    with pytest.raises(StateUnusable):
        thaw(state, {})


def test_the_programs_version_follows_its_sources() -> None:
    installed, _, sources = program_version().partition("+")
    assert installed
    assert len(sources) == 16

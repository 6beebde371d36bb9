"""What was found can be shown and packed when this machine has lost it, and is gone everywhere once it is erased."""

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from claims.law.texts import laws_of
from ingest.recording.manifest import read_manifest
from review.audit.keys import KeyRing
from review.cases.types import Choice
from review.db.engine import open_engine
from review.db.tables.evidence import KeptFileRow
from review.enforcement.errors import UnknownFileError
from review.enforcement.legal_reference import LegalReference
from review.enforcement.penalty_table import DAY_MS, read_measures, read_retention
from review.enforcement.store import EnforcementSetup
from review.errors import ClipMissingError
from review.evidence.clips import clip_of
from review.evidence.files import EvidenceSetup, is_copy
from review.evidence.storage import StorageError, open_storage
from review.evidence.uploading import EvidenceKeeper
from review.evidence_packs.contents import gather
from review.evidence_packs.pack import Maker, contents, write_pack
from review.evidence_packs.verification import verify_pack
from review.server.api.findings import find_clip
from review.server.pages.enforcement import file_answer
from review.stores import Stores
from review.streams.types import StreamRecord, StreamState
from tests.review.enforcement.people import REVIEWER, SENIOR, Clock, decide, wanted
from tests.review.enforcement.recorded import add_recorded_case, copy_recorded
from tests.review.evidence.test_storage import objects

BOTH = pytest.mark.parametrize("storage_url", ["folder", "s3"], indirect=True)
CONFIGS = Path(__file__).parents[3] / "configs" / "enforcement"
START_MS, END_MS = 9_000, 12_000


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a recording is made that tests copy."""
    return tmp_path_factory.mktemp("recordings")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def stores(
    database_url: str, storage_url: str, data_dir: Path, stream: StreamRecord, clock: Clock, recordings: Path
) -> Iterator[Stores]:
    """A store with a broadcast that was really recorded and a finding in it, its clip cut."""
    reference = LegalReference(laws=laws_of(CONFIGS.parent / "laws" / "zh-CN.yaml"))
    due = EnforcementSetup(
        measures=read_measures(CONFIGS), retention=read_retention(CONFIGS), data_dir=data_dir, reference=reference
    )
    setup = EvidenceSetup.of(storage_url, data_dir)
    opened = Stores.over(open_engine(database_url), now=clock, second_share=0.0, enforcement=due, evidence=setup)
    opened.stream_writer.put_stream(stream)
    opened.stream_writer.add_segments(read_manifest(copy_recorded(recordings, 24, data_dir)))
    add_recorded_case(opened, START_MS, END_MS)
    assert clip_of(opened.evidence, opened.stream_writer, data_dir, opened.streams.finding("f_recorded")) is not None
    yield opened
    opened.close()


def lose(data_dir: Path) -> None:
    """This machine's disk is gone, but for its keys."""
    for folder in ("recordings", "clips"):
        shutil.rmtree(data_dir / folder, ignore_errors=True)


def case_of(stores: Stores) -> str:
    found = stores.cases.case_of("f_recorded")
    assert found is not None
    return found


def packed(stores: Stores, data_dir: Path, folder: Path) -> tuple[list[str], list[str]]:
    """The files of the case's verified pack, and the hashes of its segments."""
    maker, keys = Maker(name="甲", at_ms=1_795_500_100_000), KeyRing(data_dir / "keys")
    dossier = gather(stores, data_dir, case_of(stores))
    made = write_pack(contents(dossier, maker, {}), folder, keys, maker, case_of(stores))
    verify_pack(made, keys.public_keys())
    names = sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())
    return names, [segment.sha256 for segment in dossier.streams[0].kept]


@BOTH
def test_clip_and_pack_are_had_when_the_local_files_are_gone(stores: Stores, data_dir: Path, tmp_path: Path) -> None:
    clip = find_clip(stores.streams, stores.evidence, data_dir, "f_recorded").read_bytes()
    before = packed(stores, data_dir, tmp_path / "before")
    keeper = stores.evidence_keeper()
    assert (keeper.run_once(), keeper.run_once(), stores.evidence_keeper().run_once()) == (1, 0, 0)
    lose(data_dir)
    assert find_clip(stores.streams, stores.evidence, data_dir, "f_recorded").read_bytes() == clip
    assert find_clip(stores.streams, stores.evidence, data_dir, "f_recorded").with_suffix(".jpg").is_file()
    lose(data_dir)
    after = packed(stores, data_dir, tmp_path / "after")
    assert after == before
    assert before[1]
    assert is_copy(data_dir / "recordings" / "s1")
    assert stores.evidence_keeper().run_once() == 0


def test_what_was_not_kept_is_not_had(stores: Stores, data_dir: Path) -> None:
    lose(data_dir)
    with pytest.raises(ClipMissingError):
        find_clip(stores.streams, stores.evidence, data_dir, "f_recorded")


def test_only_what_findings_need_is_kept(stores: Stores, data_dir: Path) -> None:
    stores.evidence_keeper().run_once()
    with stores.engine.connect() as connection:
        kept = set(connection.scalars(select(KeptFileRow.path)))
    segments = {name for name in kept if name.startswith("recordings/s1/") and not name.endswith((".json", ".jsonl"))}
    near = [s for s in read_manifest(data_dir / "recordings" / "s1") if s.start_ms < 14_500]
    assert segments == {s.path.relative_to(data_dir).as_posix() for s in near}
    assert {"clips/f_recorded.mp4", "clips/f_recorded.jpg", "recordings/s1/manifest.jsonl"} <= kept
    assert not any("keys" in name for name in kept)


def test_a_confirmed_case_is_kept_though_no_clip_could_be_cut(stores: Stores, data_dir: Path) -> None:
    finding = replace(stores.streams.finding("f_recorded").finding, finding_id="f_unclipped", clip=None, quote="另一句")
    stores.stream_writer.add_findings([finding])
    keeper = stores.evidence_keeper()
    assert keeper.run_once() == 1
    case_id = stores.cases.case_of("f_unclipped")
    assert case_id is not None
    decide(stores, case_id, REVIEWER, Choice.VIOLATES, "as_found")
    assert keeper.run_once() == 1


@BOTH
def test_what_is_erased_is_gone_from_the_storage_too(
    stores: Stores, data_dir: Path, clock: Clock, storage_url: str, tmp_path: Path
) -> None:
    case_id = case_of(stores)
    decide(stores, case_id, REVIEWER, Choice.LAWFUL, "misheard")
    stores.evidence_keeper().run_once()
    (tmp_path / "pack.zip").write_bytes(b"pack")
    stores.evidence.keep_pack(case_id, tmp_path / "pack.zip")
    assert len(objects(storage_url)) > 5
    stores.stream_writer.set_state("s1", StreamState.ENDED)
    hold = stores.retention().hold(f"case:{case_id}", "诉讼", SENIOR)
    clock.wait(4 * 365 * DAY_MS)
    stores.retention().sweep()
    assert len(objects(storage_url)) > 5
    stores.retention().release(hold.id, SENIOR)
    gone = [erased.kind for erased in stores.retention().sweep()]
    assert gone == ["case", "broadcast"]
    assert objects(storage_url) == []
    with stores.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(KeptFileRow)) == 0


def test_where_the_storage_cannot_erase_nothing_is_and_it_is_tried_again(
    stores: Stores, data_dir: Path, clock: Clock, storage_url: str
) -> None:
    case_id = case_of(stores)
    decide(stores, case_id, REVIEWER, Choice.LAWFUL, "misheard")
    stores.evidence_keeper().run_once()
    stores.stream_writer.set_state("s1", StreamState.ENDED)
    clock.wait(4 * 365 * DAY_MS)
    without = Stores.over(
        open_engine(stores.engine.url.render_as_string()), now=clock, enforcement=stores.enforcement.setup
    )
    with pytest.raises(StorageError, match="evidence_url"):
        without.retention().sweep()
    without.close()
    assert find_clip(stores.streams, stores.evidence, data_dir, "f_recorded").is_file()
    gone = [erased.subject.partition(":")[0] for erased in stores.retention().sweep()]
    assert gone == ["case", "stream", "tally"]
    assert objects(storage_url) == []


def test_a_storage_that_is_away_loses_nothing(stores: Stores, data_dir: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("in the way", encoding="utf-8")
    setup = EvidenceSetup(storage=open_storage(str(blocked)), data_dir=data_dir)
    away = Stores.over(open_engine(stores.engine.url.render_as_string()), evidence=setup)
    keeper: EvidenceKeeper = away.evidence_keeper()
    with pytest.raises(StorageError, match="can't be written"):
        keeper.run_once()
    blocked.unlink()
    assert keeper.run_once() == 1
    away.close()


def test_a_copy_that_came_back_is_brought_up_to_date_and_never_sent(stores: Stores, data_dir: Path) -> None:
    """Another machine goes on recording while this one holds a copy."""
    recording = data_dir / "recordings" / "s1"
    stores.evidence_keeper().run_once()
    elsewhere = data_dir.with_name("elsewhere")
    shutil.copytree(recording, elsewhere / "recordings" / "s1")
    lose(data_dir)
    stores.evidence.restore_recording("s1")
    line = json.dumps({"record": "end", "reason": "ended", "away": None})
    with (elsewhere / "recordings" / "s1" / "manifest.jsonl").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    assert stores.evidence.setup is not None
    worker = Stores.over(
        open_engine(stores.engine.url.render_as_string()),
        evidence=EvidenceSetup(storage=stores.evidence.setup.storage, data_dir=elsewhere),
    )
    assert worker.evidence.keep(["recordings/s1/manifest.jsonl"], anew=True) == 1
    worker.close()
    assert stores.evidence.restore_recording("s1") > 0
    assert (recording / "manifest.jsonl").read_text(encoding="utf-8").endswith(f"{line}\n")


def test_a_file_that_a_host_handed_in_comes_back(stores: Stores, data_dir: Path, clock: Clock) -> None:
    decide(stores, case_of(stores), REVIEWER, Choice.VIOLATES, "as_found")
    measure = stores.enforcement.propose(wanted([case_of(stores)], clock.ms), REVIEWER)
    token = stores.enforcement.issue_token(measure.id, "r1")
    proof, stray = (
        stores.enforcement.hand_in(token, "证明.pdf", content) for content in (b"%PDF-1.7 proof", b"%PDF-1.7 stray")
    )
    stores.enforcement.answer(token, "属实", [proof])
    stores.evidence_keeper().run_once()
    shutil.rmtree(data_dir / "handed-in")
    assert file_answer(stores.enforcement, stores.evidence, proof).body == b"%PDF-1.7 proof"
    with pytest.raises(UnknownFileError):
        file_answer(stores.enforcement, stores.evidence, stray)


@pytest.mark.service
def test_a_manifest_is_kept_while_it_is_written_on(stores: Stores, data_dir: Path) -> None:
    name = "recordings/s1/clips.jsonl"
    path, over = data_dir / name, threading.Event()

    def write() -> None:
        with path.open("a", encoding="utf-8") as file:
            while not over.is_set():
                file.write(json.dumps({"row": "x" * 200}) + "\n")
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert sum(stores.evidence.keep([name], anew=True) for _ in range(20)) > 1
    finally:
        over.set()
        writer.join(30)
    path.unlink()
    assert stores.evidence.restore([name]) == 1

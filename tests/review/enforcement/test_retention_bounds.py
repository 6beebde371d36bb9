"""What a sweep may never touch on the disk, who may hold and release, and what the trail says of both."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from claims.types import Disposition, Finding
from review.accounts.types import Role
from review.db.engine import open_engine
from review.db.tables.enforcement import HoldRow
from review.db.tables.streams import FindingRow
from review.enforcement.erasure import Erased
from review.enforcement.errors import RetentionRefused
from review.enforcement.penalty_table import DAY_MS
from review.enforcement.retention import Hold, RetentionStore
from review.enforcement.store import EnforcementSetup
from review.evidence.files import KeptEvidence
from review.stores import Stores
from review.streams.types import StreamState
from tests.review.enforcement.people import REVIEWER, SENIOR, Clock

THREE_YEARS_MS = 1095 * DAY_MS


@pytest.fixture
def forsake(
    desk: Stores, database_url: str, clock: Clock, make_finding: Callable[..., Finding]
) -> Callable[[str], None]:
    """Lets everything of s2 become overdue, whose only finding has its clip at this place, lawful or not."""

    def wait(clip: str) -> None:
        desk.stream_writer.add_findings([make_finding(finding_id="f2", stream_id="s2", disposition=Disposition.NOTE)])
        engine = open_engine(database_url)
        with engine.begin() as connection:
            connection.execute(update(FindingRow).where(FindingRow.finding_id == "f2").values(clip=clip))
        engine.dispose()
        desk.stream_writer.set_state("s2", StreamState.ENDED)
        clock.wait(THREE_YEARS_MS + DAY_MS)

    return wait


@pytest.fixture
def data(desk: Stores) -> Path:
    """A data folder with something in each of its folders, and beside it what belongs to somebody else."""
    root = desk.enforcement.setup.data_dir
    for name in ("recordings/s1/0.ts", "clips/other.mp4", "handed-in/x.pdf", "packs/c9/a", "keys/k"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    (root.parent / "outside").mkdir()
    for name in ("outside.mp4", "outside.jpg", "outside/film.mp4"):
        (root.parent / name).write_bytes(b"x")
    return root


def everything(data: Path) -> set[str]:
    """Every file of the data folder and beside it, but for the database."""
    files = (path for path in data.parent.rglob("*") if path.is_file() and "review.db" not in path.name)
    return {path.relative_to(data.parent).as_posix() for path in files}


@pytest.mark.parametrize(
    "clip",
    [
        *("../outside.mp4", "../outside", "..", ".", "clips/..", "clips/../..", "recordings/../../outside"),
        *("recordings", "clips", "handed-in", "packs", "clips/../packs", "./recordings/", "clips/elsewhere"),
    ],
)
def test_a_sweep_removes_nothing_outside_and_no_whole_folder_of_the_data(
    data: Path, retention: RetentionStore, forsake: Callable[[str], None], clip: str
) -> None:
    (data / "clips/elsewhere").symlink_to(data.parent / "outside")
    before = everything(data)
    forsake(clip)
    assert "stream:s2" in {erased.subject for erased in retention.sweep()}
    assert everything(data) == before


def test_what_may_not_be_removed_keeps_nothing_else(
    data: Path, retention: RetentionStore, forsake: Callable[[str], None]
) -> None:
    before = everything(data)
    (data / "recordings/s2").mkdir()
    (data / "recordings/s2/0.ts").write_bytes(b"x")
    forsake("../outside.mp4")
    assert retention.sweep()
    assert everything(data) == before


def test_an_absolute_place_is_none_of_the_data_folder(
    data: Path, retention: RetentionStore, forsake: Callable[[str], None]
) -> None:
    before = everything(data)
    forsake(str(data.parent / "outside.mp4"))
    assert retention.sweep()
    assert everything(data) == before


def test_a_clip_goes_with_its_picture_and_its_peaks_and_the_recording_with_all_that_is_in_it(
    data: Path, retention: RetentionStore, forsake: Callable[[str], None]
) -> None:
    before = everything(data)
    for name in ("clips/f2.mp4", "clips/f2.jpg", "clips/f2.mp4.peaks.json", "recordings/s2/deep/0.ts"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(b"x")
    (data / "clips/f2.txt").write_bytes(b"x")
    forsake("clips/f2.mp4")
    assert retention.sweep()
    assert everything(data) == before | {"data/clips/f2.txt"}
    assert not (data / "recordings/s2").exists()


def test_a_clip_that_is_gone_already_stops_no_sweep(
    data: Path, retention: RetentionStore, forsake: Callable[[str], None]
) -> None:
    before = everything(data)
    forsake("clips/gone.mp4")
    assert [erased.subject for erased in retention.sweep()] == ["stream:s2"]
    assert everything(data) == before


def test_what_lies_in_the_evidence_storage_is_forgotten_with_it(
    desk: Stores,
    database_url: str,
    clock: Clock,
    enforcement_setup: EnforcementSetup,
    forsake: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[tuple[str, tuple[str, ...], bool]] = []

    def note(kind: str) -> Callable[[object, Connection, tuple[str, ...]], None]:
        return lambda _, connection, names: told.append((kind, tuple(names), connection.in_transaction()))

    monkeypatch.setattr(KeptEvidence, "forget", note("files"))
    monkeypatch.setattr(KeptEvidence, "forget_findings", note("findings"))
    engine = open_engine(database_url)
    forsake("clips/f2.mp4")
    kept = KeptEvidence.__new__(KeptEvidence)
    RetentionStore(engine, clock, enforcement_setup, kept).sweep()
    engine.dispose()
    assert told == [("files", ("clips/f2.mp4", "recordings/s2"), True), ("findings", ("f2",), True)]


def test_the_trail_says_what_went_by_which_rule(
    desk: Stores, retention: RetentionStore, forsake: Callable[[str], None]
) -> None:
    forsake("clips/f2.mp4")
    (erased,) = retention.sweep()
    assert isinstance(erased, Erased)
    (entry,) = (entry for entry in desk.audit.entries() if entry.action == "retention.deleted")
    version = desk.enforcement.setup.retention.version
    assert (entry.subject, entry.actor) == ("stream:s2", "zhenyan")
    assert json.loads(entry.details) == {
        "kind": "broadcast",
        "rows": erased.row_count,
        "files": 2,
        "rule": f"retention {version}: broadcast, 1095 days",
    }
    assert erased.row_count >= 2


def test_a_deal_only_moves_the_clock_forward(
    desk: Stores, retention: RetentionStore, forsake: Callable[[str], None], clock: Clock
) -> None:
    dealt = clock.ms + 10 * DAY_MS
    retention.put_deal("s2", dealt)
    retention.put_deal("s2", dealt - 5 * DAY_MS)
    forsake("clips/f2.mp4")
    assert retention.sweep() == ()
    clock.wait(9 * DAY_MS - 1)
    assert retention.sweep() == ()
    clock.wait(1)
    assert [erased.subject for erased in retention.sweep()] == ["stream:s2"]


@pytest.mark.parametrize("kind", ["host", "stream", "case", "measure"])
def test_a_hold_is_set_and_released_in_the_trail_with_who_and_when(
    desk: Stores, retention: RetentionStore, database_url: str, clock: Clock, kind: str
) -> None:
    subject = f"{kind}:x:1"
    hold = retention.hold(subject, " 诉讼 ", SENIOR)
    assert hold == Hold(id=hold.id, subject=subject, why="诉讼", set_by=SENIOR.id, set_at_ms=clock.ms)
    assert retention.holds() == (hold,)
    clock.wait(DAY_MS)
    retention.release(hold.id, replace(SENIOR, id="a1", role=Role.ADMIN))
    assert retention.holds() == ()
    engine = open_engine(database_url)
    with engine.connect() as connection:
        assert connection.execute(select(HoldRow.released_by, HoldRow.released_at_ms)).one() == ("a1", clock.ms)
    engine.dispose()
    told = [
        (entry.action, entry.actor, entry.at_ms, json.loads(entry.details))
        for entry in desk.audit.entries()
        if entry.action.startswith("hold.") and entry.subject == subject
    ]
    assert told == [
        ("hold.released", "a1", clock.ms, {"hold": hold.id}),
        ("hold.set", SENIOR.id, hold.set_at_ms, {"hold": hold.id}),
    ]


def test_holds_are_told_the_oldest_first_and_each_is_released_alone(retention: RetentionStore, clock: Clock) -> None:
    held = []
    for number in range(6):
        held.append(retention.hold(f"host:h{number}", "诉讼", SENIOR))
        clock.wait(1)
    assert retention.holds() == tuple(held)
    retention.release(held[0].id, SENIOR)
    assert retention.holds() == tuple(held[1:])


@pytest.mark.parametrize(
    ("subject", "why", "told"),
    [
        ("room:1", "诉讼", "hold 'room:1': name host:ID, stream:ID, case:ID or measure:ID"),
        ("host:", "诉讼", "hold 'host:': name host:ID, stream:ID, case:ID or measure:ID"),
        ("host", "诉讼", "hold 'host': name host:ID, stream:ID, case:ID or measure:ID"),
        ("host:h1", "  ", "hold 'host:h1': a senior sets it, with the reason"),
    ],
)
def test_a_hold_that_names_nothing_or_no_reason_is_refused_with_what_to_do(
    retention: RetentionStore, subject: str, why: str, told: str
) -> None:
    with pytest.raises(RetentionRefused) as refused:
        retention.hold(subject, why, SENIOR)
    assert str(refused.value) == told
    assert retention.holds() == ()


def test_who_may_not_hold_may_not_release(retention: RetentionStore) -> None:
    with pytest.raises(RetentionRefused) as refused:
        retention.hold("host:h1", "诉讼", REVIEWER)
    assert str(refused.value) == "hold 'host:h1': a senior sets it, with the reason"
    hold = retention.hold("host:h1", "诉讼", SENIOR)
    with pytest.raises(RetentionRefused) as refused:
        retention.release(hold.id, REVIEWER)
    assert str(refused.value) == f"hold {hold.id}: a senior releases it"
    assert retention.holds() == (hold,)
    with pytest.raises(RetentionRefused) as unknown:
        retention.release("nothing", SENIOR)
    assert str(unknown.value) == "hold nothing: it is not set, or was released before"

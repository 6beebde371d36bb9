"""The audit trail: whatever byte is changed, dropped, added or moved is found and named."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cli.main import main
from review.audit.chain import (
    ORIGIN,
    AuditEntry,
    Head,
    canonical,
    export_lines,
    hash_of,
    next_entry,
    read_export,
    verify,
)
from review.audit.errors import AuditFileError
from review.db.engine import open_engine
from review.stores import Stores

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
Command = Callable[..., tuple[int, str, str]]


def trail(count: int = 6) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    head = Head(sequence=0, sha256=ORIGIN)
    for number in range(count):
        entry = next_entry(
            head,
            at_ms=1000 + number,
            actor="r1",
            action="case.decided",
            subject="case:c1",
            details={"n": number, "w": "词"},
        )
        entries.append(entry)
        head = head_of(entry)
    return entries


def head_of(entry: AuditEntry) -> Head:
    return Head(sequence=entry.sequence, sha256=entry.sha256)


ENTRIES = trail()
HEAD = head_of(ENTRIES[-1])


def test_a_whole_trail_has_no_break() -> None:
    assert verify(ENTRIES, HEAD, [head_of(ENTRIES[2])]) is None
    assert verify([], Head(sequence=0, sha256=ORIGIN)) is None


@given(
    at=st.integers(0, 5), field=st.sampled_from(["at_ms", "actor", "action", "subject", "details", "previous_sha256"])
)
def test_a_changed_entry_is_named(at: int, field: str) -> None:
    value = getattr(ENTRIES[at], field)
    changed = replace(ENTRIES[at], **{field: value + 1 if isinstance(value, int) else value + " "})
    found = verify([*ENTRIES[:at], changed, *ENTRIES[at + 1 :]], HEAD)
    assert found is not None
    assert (found.sequence, found.kind) == (at + 1, "changed")


@given(at=st.integers(0, 5))
def test_an_entry_changed_together_with_its_hash_breaks_the_next(at: int) -> None:
    changed = replace(ENTRIES[at], actor="r2")
    changed = replace(changed, sha256=hash_of(changed))
    found = verify([*ENTRIES[:at], changed, *ENTRIES[at + 1 :]], HEAD)
    assert found is not None
    assert (found.sequence, found.kind) == (min(at + 2, 6), "changed")


@given(at=st.integers(0, 5))
def test_a_dropped_entry_is_named(at: int) -> None:
    found = verify([*ENTRIES[:at], *ENTRIES[at + 1 :]], HEAD)
    assert found is not None
    assert (found.sequence, found.kind) == (at + 1, "dropped")


@given(at=st.integers(0, 5), before=st.integers(1, 6))
def test_an_added_entry_is_named(at: int, before: int) -> None:
    extra = next_entry(head_of(ENTRIES[at]), at_ms=1, actor="x", action="y", subject="z", details={})
    found = verify([*ENTRIES[:before], extra, *ENTRIES[before:]], HEAD)
    assert found is not None
    assert found.sequence in {before, before + 1, extra.sequence}


def test_two_entries_that_changed_places_are_named() -> None:
    found = verify([ENTRIES[0], ENTRIES[2], ENTRIES[1], *ENTRIES[3:]], HEAD)
    assert found is not None
    assert (found.sequence, found.kind) == (2, "reordered")


def test_a_trail_written_anew_from_the_start_is_found_by_a_head_kept_outside() -> None:
    forged: list[AuditEntry] = []
    head = Head(sequence=0, sha256=ORIGIN)
    for number in range(6):
        entry = next_entry(head, at_ms=number, actor="x", action="nothing", subject="", details={})
        forged.append(entry)
        head = head_of(entry)
    assert verify(forged, head) is None
    found = verify(forged, head, [head_of(ENTRIES[3])])
    assert found is not None
    assert (found.sequence, found.kind) == (4, "changed")
    cut = verify(ENTRIES[:2], head_of(ENTRIES[1]), [head_of(ENTRIES[3])])
    assert cut is not None
    assert (cut.sequence, cut.kind) == (3, "dropped")


def test_a_number_with_two_spellings_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        canonical({"a": [1.0]})


def test_every_byte_of_an_export_counts(tmp_path: Path) -> None:
    content = "".join(export_lines(ENTRIES[:2], head_of(ENTRIES[1]))).encode()
    path = tmp_path / "audit.jsonl"
    path.write_bytes(content)
    head, entries = read_export(path)
    assert (head, entries) == (head_of(ENTRIES[1]), ENTRIES[:2])
    missed = []
    for place in range(len(content)):
        flipped = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        dropped = content[:place] + content[place + 1 :]
        for changed in (flipped, dropped, *([content[:place] + b" " + content[place:]] if place % 10 == 0 else [])):
            path.write_bytes(changed)
            try:
                broken = verify(*reversed(read_export(path)))
            except AuditFileError as error:
                broken = str(error)
            if not broken:
                missed.append((place, changed))
    assert missed == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda lines: [lines[0], lines[2], *lines[3:]], "entry 1 dropped"),
        (lambda lines: lines[:-1], "entry 3 dropped"),
        (lambda lines: [lines[0], lines[2], lines[1], lines[3]], "entry 1 reordered"),
        (lambda lines: [*lines, lines[-1]], "entry 3 added"),
        (lambda lines: [lines[0], lines[1].replace("r1", "r9"), *lines[2:]], "entry 1 changed"),
        (lambda lines: [lines[0], lines[1].replace(",", ", ", 1), *lines[2:]], "line 2 changed"),
        (lambda lines: lines[1:], "line 1 changed"),
        (lambda lines: [lines[0], '{"a":1}\n', *lines[2:]], "line 2 changed"),
    ],
    ids=["first dropped", "last dropped", "moved", "twice", "actor", "spelling", "no head", "other object"],
)
def test_the_command_names_the_first_break_of_an_export(
    tmp_path: Path, command: Command, change: Callable[[list[str]], list[str]], named: str
) -> None:
    lines = list(export_lines(ENTRIES[:3], head_of(ENTRIES[2])))
    path = tmp_path / "audit.jsonl"
    path.write_text("".join(change(lines)), encoding="utf-8")
    status, _, error = command("audit", "verify", "--export", str(path))
    assert status == 1
    assert named in error


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `zhenyan`: exit status, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            main(list(arguments))
            status = 0
        except SystemExit as ended:
            status = int(str(ended.code))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_the_command_checks_writes_and_heads_a_database(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    monkeypatch.setenv("ZHENYAN_DATABASE_URL", url)
    stores = Stores.open(url)
    stores.audit.note("r1", "host.read", "host:h1")
    stores.audit.note("r2", "host.read", "host:h1")
    stores.close()
    head = tmp_path / "head.json"
    head.write_text(command("audit", "head")[1])
    export = tmp_path / "audit.jsonl"
    assert command("audit", "export", str(export))[0] == 0
    status, said, _ = command("audit", "verify", "--export", str(export), "--head", str(head))
    assert (status, said.split(":")[0]) == (0, "audit trail whole")
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("drop trigger audit_no_update"))
        connection.execute(text("update audit set actor = 'r9' where sequence = 1"))
    engine.dispose()
    status, _, error = command("audit", "verify")
    assert status == 1
    assert "entry 1 changed" in error
    assert command("audit", "verify", "--export", str(tmp_path / "none"))[0] == 2


@BOTH
def test_the_database_refuses_to_change_or_delete_an_entry(stores: Stores, database_url: str) -> None:
    stores.audit.note("r1", "host.read", "host:h1", why="内容")
    engine = open_engine(database_url)
    for statement in ("update audit set actor = 'x'", "delete from audit"):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))
    engine.dispose()
    [entry] = stores.audit.entries(subject="host:h1")
    assert (entry.sequence, entry.actor, entry.details) == (1, "r1", '{"why":"内容"}')


@BOTH
def test_many_writers_make_one_chain(stores: Stores) -> None:
    def write(name: str) -> None:
        for number in range(15):
            stores.audit.note(name, "host.read", f"host:{number}")

    threads = [threading.Thread(target=write, args=(f"r{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert stores.audit.verify() is None
    for thread in threads:
        thread.join()
    assert stores.audit.verify() is None
    assert stores.audit.head().sequence == 60
    assert len(stores.audit.entries(actor="r2")) == 15

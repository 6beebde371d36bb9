"""What hosts hand in: looked at, bounded, kept under its own hash."""

from pathlib import Path

import pytest

from review.enforcement.errors import AppealRefused, UnknownFileError
from review.enforcement.hearing import checked_files, checked_statement
from review.enforcement.penalty_table import Measures
from review.enforcement.statement_files import HandedInFiles
from review.enforcement.types import HandedIn

PDF = b"%PDF-1.7\n..."


@pytest.fixture
def files(tmp_path: Path) -> HandedInFiles:
    return HandedInFiles(tmp_path / "handed-in")


def test_a_file_is_kept_once_under_its_hash(files: HandedInFiles, table: Measures, tmp_path: Path) -> None:
    first = files.keep("报告.pdf", PDF, table.statements)
    again = files.keep("other.pdf", PDF, table.statements)
    assert (first.sha256, first.media_type, first.byte_count) == (again.sha256, "application/pdf", len(PDF))
    assert files.read(first.sha256) == PDF
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\a\\b.pdf", "b.pdf"),
        ("a\x00\n\u202eb.pdf", "ab.pdf"),
        ("", "file"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(files: HandedInFiles, table: Measures, name: str, shown: str) -> None:
    assert files.keep(name, PDF, table.statements).name == shown


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"<html><script>", "file_type"),
        (b"MZ\x90", "file_type"),
        (b"%PDF-" + b"0" * 20_000_000, "file_large"),
    ],
    ids=["empty", "html", "program", "large"],
)
def test_what_is_not_taken_is_refused(files: HandedInFiles, table: Measures, content: bytes, code: str) -> None:
    with pytest.raises(AppealRefused) as refused:
        files.keep("报告.pdf", content, table.statements)
    assert refused.value.code == code


def test_a_type_that_the_table_leaves_out_is_refused(files: HandedInFiles, table: Measures) -> None:
    limits = table.statements.model_copy(update={"file_types": ("image/png",)})
    with pytest.raises(AppealRefused, match="image/png"):
        files.keep("报告.pdf", PDF, limits)


def test_a_file_that_was_changed_or_removed_is_not_given(files: HandedInFiles, table: Measures, tmp_path: Path) -> None:
    kept = files.keep("报告.pdf", PDF, table.statements)
    next(path for path in tmp_path.rglob("*") if path.is_file()).write_bytes(b"%PDF-other")
    for digest in (kept.sha256, "0" * 64, "../../x", "A" * 64):
        with pytest.raises(UnknownFileError):
            files.read(digest)
    files.remove(kept.sha256)
    files.remove(kept.sha256)


def test_statements_are_bounded(table: Measures) -> None:
    limits = table.statements
    assert checked_statement(" 不服\x07\n理由 ", limits) == "不服\n理由"
    for text, code in ((" \x00 ", "empty"), ("长" * 20_001, "too_long")):
        with pytest.raises(AppealRefused) as refused:
            checked_statement(text, limits)
        assert refused.value.code == code
    many = tuple(HandedIn(sha256="0" * 64, name="a", media_type="x", byte_count=1) for _ in range(11))
    with pytest.raises(AppealRefused, match="more than 10"):
        checked_files(many, limits)

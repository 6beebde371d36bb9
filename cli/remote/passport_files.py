"""Files of passports as commands read them, and what is said of their rows."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from claims.errors import PassportError, visible
from claims.passports.load import PassportSurvey
from claims.passports.passport import Passport
from claims.passports.quantities import QuantityReader
from cli.shell.records import MOST_ERRORS, InputError
from cli.shell.tables import open_console
from net.errors import ZhenyanError
from review.api_errors import OrderRefused
from review.passports.bulk import FileForm, SentRow, sent_rows, without_duplicates
from review.passports.columns import column_of
from review.passports.records import admitted
from review.passports.storing import RowStatus, StoredRow

_FORMS = {
    ".csv": FileForm.CSV,
    ".tsv": FileForm.CSV,
    ".xlsx": FileForm.XLSX,
    ".jsonl": FileForm.LINES,
    ".ndjson": FileForm.LINES,
    ".json": FileForm.JSON,
    ".jsonld": FileForm.JSON,
}
# Where nobody watches a bar, a line now and then says how far it is.
_PRINT_EVERY = 10_000


class PassportsNotRead(ZhenyanError):
    """At least one passport is not let in; the seller who exports it can act."""

    exit_code = 1


def form_of(file: Path) -> FileForm:
    """What the file is written in, by its name; InputError for a workbook of the old kind."""
    if file.suffix.lower() == ".xls":
        raise InputError(f"{file}: is a workbook of the old kind; save it as .xlsx, or as CSV UTF-8")
    return _FORMS.get(file.suffix.lower(), FileForm.YAML)


def rows_of(file: Path, form: FileForm) -> Iterator[SentRow]:
    """The rows of the file; PassportsNotRead where it can't be read at all, and nothing of it is stored then."""
    try:
        yield from sent_rows(file.read_bytes(), form)
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror}") from error
    except OrderRefused as error:
        raise PassportsNotRead(f"passports {file}: {error.why}") from error


def survey_rows(file: Path, form: FileForm, reader: QuantityReader) -> PassportSurvey:
    """What is let in of a file of rows, and all that is wrong with the others."""
    passports: list[Passport] = []
    errors: list[PassportError] = []
    for row in without_duplicates(rows_of(file, form)):
        faults = list(row.own_faults)
        try:
            if not faults:
                passports.append(admitted(row.parsed, reader).passport)
        except OrderRefused as error:
            faults = [(column_of(row.places or {}, path), why) for path, why in error.faults]
        whose = None if row.product_id is None else repr(row.product_id)
        errors += [PassportError(str(file), _place(row.number, field), why, whose) for field, why in faults]
    if not passports and not errors:
        raise PassportError(str(file), "", "holds no passport")
    return PassportSurvey(passports=tuple(passports), errors=tuple(errors))


def print_rows(file: Path, rows: Iterable[StoredRow], *, as_json: bool) -> None:
    """Says what became of each row, while they are stored; PassportsNotRead if one was refused."""
    counts: Counter[RowStatus] = Counter()
    error_count = 0
    with _progress() as bar:
        task = bar.add_task(str(file.name), total=None)
        for row in rows:
            counts[row.status] += 1
            done = counts.total()
            bar.update(task, completed=done)
            if not bar.console.is_terminal and done % _PRINT_EVERY == 0:
                click.echo(f"{done:,} rows", err=True)
            if as_json:
                click.echo(json.dumps(_record(row), ensure_ascii=False))
                continue
            for field, reason in row.faults:
                error_count += 1
                if error_count <= MOST_ERRORS:
                    click.echo(
                        f"zhenyan: passports {file}: {_place(row.number, visible(field))}: {visible(reason)}", err=True
                    )
            for warning in row.warnings if counts.total() <= MOST_ERRORS else ():
                click.echo(f"row {row.number}: warning: {visible(warning)}")
    if not counts:
        raise PassportsNotRead(f"passports {file}: holds no passport")
    refused = counts[RowStatus.REFUSED]
    if not as_json:
        said = ", ".join(f"{status.value} {counts[status]:,}" for status in RowStatus)
        click.echo(said)
    if refused:
        more = (
            f"; {error_count - MOST_ERRORS} errors more than are told, see --json" if error_count > MOST_ERRORS else ""
        )
        raise PassportsNotRead(
            f"{refused:,} of {counts.total():,} rows are refused; correct them and send the file again{more}"
        )


def _place(number: int, field: str) -> str:
    return f"row {number}: {field}" if field else f"row {number}"


def _record(row: StoredRow) -> dict[str, object]:
    return {
        "row": row.number,
        "id": row.product_id,
        "status": row.status.value,
        "version": row.version,
        "number": row.version_number,
        "errors": [{"field": field, "reason": reason} for field, reason in row.faults],
        "warnings": list(row.warnings),
    }


def _progress() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    console = open_console(to_errors=True)
    return Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty())

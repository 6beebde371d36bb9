"""What several commands share: reading passports, facts, passages, moments; writing findings."""

import difflib
import json
import os
import sys
from collections.abc import Container, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO, TypeVar

import click
from pydantic import BaseModel, ValidationError

from claims.errors import PassageError, PassportsRefused, UnknownProduct
from claims.passports.load import admit_file
from claims.passports.passport import Passport
from claims.passports.terms import not_in_force
from claims.policy.policy import Policy
from claims.types import Finding, Passage, PlatformFact
from cli.shell.terminal import on_one_line
from net.errors import ZhenyanError

MOST_ERRORS = 200
Record = TypeVar("Record", bound=BaseModel)


class InputError(ZhenyanError):
    """A file or value on the command line can't be used; the caller can act."""


def check_class(class_id: str, policy: Policy) -> None:
    """Raises InputError, with the nearest name, where the policy has no such class."""
    if class_id not in policy.classes:
        near = difflib.get_close_matches(class_id.upper(), policy.classes, n=1)
        advice = f"did you mean {near[0]}?" if near else "`zhenyan policy show` lists them"
        raise InputError(f"class {class_id!r}: not in policy {policy.name}; {advice}")


def read_passports_file(policy: Policy, file: Path) -> tuple[Passport, ...]:
    """Every passport of the file; where some are refused, each error but the last is told on standard error at once."""
    try:
        return admit_file(file, policy.quantity_reader)
    except PassportsRefused as refused:
        shown = refused.errors[:MOST_ERRORS]
        for error in shown[:-1]:
            click.echo(f"zhenyan: {error}", err=True)
        more = len(refused.errors) - len(shown)
        raise InputError(f"{shown[-1]}; and {more} more" if more else str(shown[-1])) from refused


def _warn(file: Path, passports: Iterable[Passport], at: datetime) -> None:
    for passport in passports:
        for warning in (*passport.warnings, *not_in_force(passport, at.date())):
            click.echo(f"zhenyan: {on_one_line(f'passports {file}: warning: {warning}')}", err=True)


def chosen_passports(policy: Policy, file: Path, products: str | None, at: datetime) -> tuple[Passport, ...]:
    """The passports of the file that are on sale, in the order of `--products`; all of them without it.

    `at`: the broadcast's moment; papers that are not in force then are warned of.
    """
    passports = read_passports_file(policy, file)
    if products is None:
        _warn(file, passports, at)
        return passports
    by_id = {p.id: p for p in passports}
    wanted = list(dict.fromkeys(part.strip() for part in products.split(",") if part.strip()))
    if not wanted:
        raise InputError(f"--products {products!r}: names no product; give ids separated by commas, or leave it out")
    for product_id in wanted:
        if product_id not in by_id:
            raise UnknownProduct(product_id)
    chosen = tuple(by_id[product_id] for product_id in wanted)
    _warn(file, chosen, at)
    return chosen


def read_passages(source: TextIO, name: str, known_products: Container[str]) -> Iterator[Passage]:
    """Passages from JSONL; PassageError names the line that is none, or that names an unknown product."""
    for number, line in _lines(source, name):
        passage = _record(Passage, line, name, number)
        if passage.product_id is not None and passage.product_id not in known_products:
            why = f"product_id {passage.product_id!r}: no product on sale has this id; check --products and --passports"
            raise PassageError(name, number, why)
        yield passage


def read_facts(path: Path | None) -> tuple[PlatformFact, ...]:
    """Platform facts from a JSONL file by time, or none."""
    if path is None:
        return ()
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape") as source:
            facts = [_record(PlatformFact, line, str(path), number) for number, line in _lines(source, str(path))]
    except OSError as error:
        raise InputError(f"facts {path}: cannot be read: {error.strerror}; give a JSONL file") from error
    return tuple(sorted(facts, key=lambda f: f.at_ms))


def _lines(source: TextIO, name: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; the source is opened with surrogateescape, so that a wrong byte has a line, too."""
    for number, line in enumerate(source, start=1):
        if any("\udc80" <= char <= "\udcff" for char in line):
            raise PassageError(name, number, "is no UTF-8; write it in UTF-8")
        if line.strip():
            yield number, line


def _record(kind: type[Record], line: str, name: str, number: int) -> Record:
    try:
        record = kind.model_validate(json.loads(line))
        record.model_dump_json()
    except json.JSONDecodeError as error:
        raise PassageError(name, number, f"is no JSON ({error.msg} at column {error.colno})") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(p) for p in first["loc"])
        reason = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
        raise PassageError(name, number, f"{where}: {reason}" if where else reason) from error
    except RecursionError as error:
        raise PassageError(name, number, "is nested too deep") from error
    except ValueError as error:
        raise PassageError(name, number, f"cannot be taken: {error}") from error
    return record


def require_folder(option: str, folder: Path) -> None:
    """InputError unless files can be written into the folder."""
    if not folder.is_dir():
        raise InputError(f"{option}: folder {folder} does not exist; make it first")
    if not os.access(folder, os.W_OK):
        raise InputError(f"{option}: folder {folder} is not writable; name another one")


def make_folder(option: str, folder: Path) -> None:
    """Makes the folder where it is missing; InputError if it can't be made or written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{option}: folder {folder} cannot be made: {error.strerror}; name another one") from error
    require_folder(option, folder)


def write_finding(finding: Finding) -> None:
    """One finding as one line on standard output, at once."""
    sys.stdout.write(json.dumps(finding.to_json(), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def now() -> datetime:
    """The present moment, for callers that were given none."""
    return datetime.now(UTC)

"""What several commands share: reading passports, facts, moments; writing findings."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click
from pydantic import ValidationError

import configs
from claims.errors import PassageError, UnknownProduct
from claims.passport import Passport
from claims.passport_load import load_passports
from claims.policy import Policy
from claims.types import Finding, Passage, PlatformFact


class Moment(click.ParamType):
    """An ISO 8601 moment; without a zone it is read as China Standard Time's wall clock."""

    name = "ISO8601"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment with its zone."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no ISO 8601 moment, such as 2026-11-24T20:00:00+08:00", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=china_time())


def china_time() -> "datetime.tzinfo":  # type: ignore[name-defined]
    """UTC+8."""
    from datetime import timedelta, timezone

    return timezone(timedelta(hours=8))


def load_policy(folder: Path | None) -> Policy:
    """The policy of a folder, or the packaged one."""
    return Policy(folder or configs.POLICY_DIR)


def chosen_passports(policy: Policy, file: Path, products: str | None) -> tuple[Passport, ...]:
    """The passports of the file that are on sale, in the order of `--products`; all of them without it."""
    passports = load_passports(file, policy.quantity_reader)
    if not products:
        return passports
    by_id = {p.id: p for p in passports}
    wanted = [part.strip() for part in products.split(",") if part.strip()]
    for product_id in wanted:
        if product_id not in by_id:
            raise UnknownProduct(product_id)
    return tuple(by_id[product_id] for product_id in wanted)


def read_passages(source: TextIO, name: str) -> Iterator[Passage]:
    """Passages from JSONL; PassageError names the line that is none."""
    for number, line in enumerate(source, start=1):
        if not line.strip():
            continue
        try:
            yield Passage.model_validate(json.loads(line))
        except json.JSONDecodeError as error:
            raise PassageError(name, number, f"is no JSON ({error.msg} at column {error.colno})") from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(p) for p in first["loc"])
            reason = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
            raise PassageError(name, number, f"{where}: {reason}" if where else reason) from error
        except RecursionError as error:
            raise PassageError(name, number, "is nested too deep") from error


def read_facts(path: Path | None) -> tuple[PlatformFact, ...]:
    """Platform facts from a JSONL file, or none."""
    if path is None:
        return ()
    facts: list[PlatformFact] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise PassageError(str(path), 0, f"cannot be read: {error.strerror}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            facts.append(PlatformFact.model_validate(json.loads(line)))
        except (ValidationError, ValueError) as error:
            reason = error.errors(include_url=False)[0]["msg"] if isinstance(error, ValidationError) else str(error)
            raise PassageError(str(path), number, f"is no platform fact: {reason}") from error
    return tuple(sorted(facts, key=lambda f: f.at_ms))


def write_finding(finding: Finding) -> None:
    """One finding as one line on standard output, at once."""
    sys.stdout.write(json.dumps(finding.to_json(), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def now() -> datetime:
    """The present moment, for callers that were given none."""
    return datetime.now(UTC)

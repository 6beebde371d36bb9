"""Reads passport files into `Passport`: both own forms, and UNTP credentials; names the path of everything wrong."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from claims.errors import PassportError
from claims.passport import Passport
from claims.passport_build import from_long, from_short
from claims.passport_forms import LongPassport, ShortPassport
from claims.passport_quantities import QuantityReader
from claims.passport_untp import is_untp, long_record
from claims.yaml_files import parse_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class PassportSurvey:
    """The passports that could be read, and every error in the others."""

    passports: tuple[Passport, ...]
    errors: tuple[PassportError, ...]


def load_passports(path: Path, reader: QuantityReader) -> tuple[Passport, ...]:
    """Every passport in a YAML or JSON file; PassportError names the file and the path of the first error."""
    return _all_read(survey_file(path, reader))


def survey_file(path: Path, reader: QuantityReader) -> PassportSurvey:
    """What can be read of a passport file and all that is wrong; PassportError where the file itself can't be read."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise PassportError(str(path), "", f"cannot be read: {error.strerror}; give a YAML or JSON file") from error
    try:
        content = json.loads(raw) if path.suffix in {".json", ".jsonld"} else parse_yaml(raw)
    except (ValueError, yaml.YAMLError) as error:
        raise PassportError(str(path), "", f"is neither YAML nor JSON: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise PassportError(str(path), "", "is nested too deep") from error
    return survey_passports(content, reader, source=str(path), folder=path.parent)


def read_passports(
    content: Any, reader: QuantityReader, *, source: str, folder: Path | None = None
) -> tuple[Passport, ...]:
    """Passports from parsed YAML or JSON: a list, one record, or `passports:` with `meta:`."""
    return _all_read(survey_passports(content, reader, source=source, folder=folder))


def passport_texts(path: Path) -> dict[str, str]:
    """Each record of a file that was read before, as the text whose SHA-256 is the passport's version, by version."""
    raw = path.read_bytes()
    content = json.loads(raw) if path.suffix in {".json", ".jsonld"} else parse_yaml(raw)
    return {_version(record): record_text(record) for record in _records(content, str(path))[0]}


def survey_passports(
    content: Any, reader: QuantityReader, *, source: str, folder: Path | None = None
) -> PassportSurvey:
    """As `read_passports`, with every record's errors; PassportError where the content is no list of records."""
    records, prefix = _records(content, source)
    if not records:
        raise PassportError(source, prefix or "", "holds no passport")
    passports: dict[str, Passport] = {}
    errors: list[PassportError] = []
    for index, record in enumerate(records):
        place = f"{prefix}[{index}]" if prefix is not None else ""
        try:
            passport = _read_one(record, reader, folder)
        except ValidationError as error:
            errors += [_located(source, place, one["loc"], one["type"], one["msg"]) for one in error.errors()]
            continue
        except UnicodeEncodeError:
            errors.append(PassportError(source, place, "holds half of a surrogate pair, which is no text"))
            continue
        except ValueError as error:
            errors.append(PassportError(source, place, str(error)))
            continue
        if passport.id in passports:
            errors.append(PassportError(source, place, f"id {passport.id!r} stands twice in the file"))
        passports.setdefault(passport.id, passport)
    return PassportSurvey(passports=tuple(passports.values()), errors=tuple(errors))


def _all_read(survey: PassportSurvey) -> tuple[Passport, ...]:
    if survey.errors:
        raise survey.errors[0]
    return survey.passports


def _records(content: Any, source: str) -> tuple[list[Any], str | None]:
    if isinstance(content, list):
        return content, ""
    if isinstance(content, dict) and "passports" in content:
        unknown = sorted(map(str, set(content) - {"passports", "meta"}))
        if unknown:
            raise PassportError(source, unknown[0], "unknown key; beside passports only meta may stand")
        if not isinstance(content["passports"], list):
            raise PassportError(source, "passports", "must be a list")
        return content["passports"], "passports"
    if isinstance(content, dict) and ("passport_id" in content or "id" in content or is_untp(content)):
        return [content], None
    raise PassportError(source, "", "is no list of passports and has no key `passports`, `passport_id` or `id`")


def _read_one(record: Any, reader: QuantityReader, folder: Path | None) -> Passport:
    """The record's passport; ValidationError or ValueError says what is wrong in it."""
    if not isinstance(record, dict):
        raise ValueError("is no mapping; a passport has passport_id (long form) or id (short form)")
    if is_untp(record):
        imported = long_record(record)
        passport = from_long(LongPassport.model_validate(imported.record), _version(record), reader, folder)
        return replace(passport, warnings=(*passport.warnings, *imported.warnings))
    if "passport_id" in record:
        return from_long(LongPassport.model_validate(record), _version(record), reader, folder)
    if "id" in record:
        return from_short(ShortPassport.model_validate(record), _version(record), reader, folder)
    raise ValueError("has neither passport_id (long form) nor id (short form)")


def _located(source: str, place: str, location: tuple[int | str, ...], kind: str, message: str) -> PassportError:
    within = ".".join(str(part) for part in location)
    path = f"{place}.{within}" if place and within else place or within
    return PassportError(
        source, path, "unknown key" if kind == "extra_forbidden" else message.removeprefix("Value error, ")
    )


def _version(record: Mapping[str, Any]) -> str:
    return "sha256:" + hashlib.sha256(record_text(record).encode()).hexdigest()


def record_text(record: Mapping[str, Any]) -> str:
    """The record as the text whose SHA-256 is the passport's version."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, default=str)

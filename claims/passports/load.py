"""Reads passports into `Passport`: both own forms, and UNTP credentials; names the path of everything wrong.

What comes in is surveyed or admitted: the checks are strict, and all errors are told together. What was let in before
is loaded or read: what the checks of today would refuse stands in its `objections`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from claims.errors import PassportError, PassportsRefused, visible
from claims.passports.build import from_long, from_short
from claims.passports.forms import LongPassport, ShortPassport
from claims.passports.intake.checks import MOST_FAULTS, Objection
from claims.passports.intake.texts import Place, quoted, unfit_texts
from claims.passports.passport import Passport
from claims.passports.quantities import QuantityReader
from claims.passports.records import (
    Parsed,
    id_of,
    parse_records,
    place_in,
    record_text,
    records_of,
    shown_id,
    version_of,
)
from claims.passports.salvage import Form, form_faults, salvaged
from claims.passports.untp import is_untp, long_record, untp_path

_MOST_ERRORS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PassportSurvey:
    """The passports that could be read, and every error in the others."""

    passports: tuple[Passport, ...]
    errors: tuple[PassportError, ...]


def survey_file(path: Path, reader: QuantityReader) -> PassportSurvey:
    """What is let in of a passport file and all that is wrong; PassportError where the file itself can't be read."""
    return survey_parsed(_read_file(path), reader, source=str(path), folder=path.parent)


def survey_parsed(parsed: Parsed, reader: QuantityReader, *, source: str, folder: Path | None = None) -> PassportSurvey:
    """What is let in of parsed YAML or JSON, with every record's errors; PassportError where it is no list of them."""
    survey = _Reading(reader, source, folder, strict=True).survey(parsed.content)
    doubled = parsed.errors(source)
    refused = {error.product_id for error in doubled}
    passports = tuple(one for one in survey.passports if shown_id(one.id) not in refused)
    return PassportSurvey(passports=passports, errors=(*doubled, *survey.errors))


def admit_file(path: Path, reader: QuantityReader) -> tuple[Passport, ...]:
    """Every passport of a file that comes in; PassportsRefused holds all that is wrong."""
    return _all_read(survey_file(path, reader))


def admit_passports(
    content: Any, reader: QuantityReader, *, source: str, folder: Path | None = None
) -> tuple[Passport, ...]:
    """Every passport of parsed YAML or JSON that comes in; PassportsRefused holds all that is wrong."""
    return _all_read(survey_parsed(Parsed(content=content), reader, source=source, folder=folder))


def load_passports(path: Path, reader: QuantityReader) -> tuple[Passport, ...]:
    """Every passport in a file of what was let in before; PassportError names what can't be read at all."""
    parsed = _read_file(path)
    if parsed.doubled:
        raise PassportsRefused(parsed.errors(str(path)))
    return read_passports(parsed.content, reader, source=str(path), folder=path.parent)


def read_passports(
    content: Any, reader: QuantityReader, *, source: str, folder: Path | None = None
) -> tuple[Passport, ...]:
    """Passports that were let in before, from parsed YAML or JSON: a list, one record, or `passports:` with `meta:`."""
    return _all_read(_Reading(reader, source, folder, strict=False).survey(content))


def passport_texts(path: Path) -> dict[str, str]:
    """Each record of a file that was read before, as the text whose SHA-256 is the passport's version, by version."""
    records, _ = records_of(_read_file(path).content, str(path))
    return {version_of(record): record_text(record) for record in records}


def _read_file(path: Path) -> Parsed:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise PassportError(str(path), "", f"cannot be read: {error.strerror}; give a YAML or JSON file") from error
    try:
        return parse_records(raw, is_json=path.suffix in {".json", ".jsonld"})
    except (ValueError, yaml.YAMLError) as error:
        raise PassportError(str(path), "", f"is neither YAML nor JSON: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise PassportError(str(path), "", "is nested too deep") from error


def _all_read(survey: PassportSurvey) -> tuple[Passport, ...]:
    if survey.errors:
        raise PassportsRefused(survey.errors)
    return survey.passports


class _NotLetIn(Exception):
    """The faults of one record, each with its path within it."""

    def __init__(self, faults: list[Objection]) -> None:
        super().__init__(len(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading of records: by what, from where, and whether the objections of intake refuse them."""

    reader: QuantityReader
    source: str
    folder: Path | None
    strict: bool

    def survey(self, content: Any) -> PassportSurvey:
        """The passports that could be read, and every error in the others."""
        records, prefix = records_of(content, self.source)
        if not records:
            raise PassportError(self.source, prefix or "", "holds no passport")
        passports: dict[str, Passport] = {}
        errors: list[PassportError] = []
        for index, record in enumerate(records):
            if len(errors) >= _MOST_ERRORS:
                more = f"records from here on were not looked at: there are {len(errors)} errors before"
                errors.append(PassportError(self.source, f"{prefix}[{index}]", more))
                break
            place = f"{prefix}[{index}]" if prefix is not None else ""
            try:
                passport = self._passport(record)
            except _NotLetIn as refused:
                faults = refused.faults
            else:
                twice = f"id {quoted(passport.id)} stands twice in the file"
                faults = [Objection(path=(), reason=twice)] if passport.id in passports else []
                passports.setdefault(passport.id, passport)
            whose = id_of(record)
            errors += [PassportError(self.source, place_in(place, one.path), one.reason, whose) for one in faults]
        return PassportSurvey(passports=tuple(passports.values()), errors=tuple(errors))

    def _passport(self, record: Any) -> Passport:
        """The record's passport; _NotLetIn says all that is wrong in it."""
        try:
            return self._read(record)
        except UnicodeEncodeError as error:
            why = "holds half of a surrogate pair, which is no text"
            raise _NotLetIn([Objection(path=(), reason=why)]) from error
        except RecursionError as error:
            raise _NotLetIn([Objection(path=(), reason="is nested too deep")]) from error
        except ArithmeticError as error:
            why = "holds a number that can't be reckoned with"
            raise _NotLetIn([Objection(path=(), reason=why)]) from error
        except ValueError as error:
            raise _NotLetIn([Objection(path=(), reason=str(error))]) from error

    def _read(self, record: Any) -> Passport:
        if not isinstance(record, dict):
            raise ValueError("is no mapping; a passport has passport_id (long form) or id (short form)")
        texts = _faults(islice(unfit_texts(record), MOST_FAULTS))
        warnings: tuple[str, ...] = ()
        form: Form
        if is_untp(record):
            try:
                imported = long_record(record, self.reader.wording.sizes)
            except ValidationError as error:
                raise _NotLetIn([*texts, *_faults(form_faults(error))]) from error
            warnings = imported.warnings
            form, objections = self._form(LongPassport, imported.record, texts, untp_path)
        elif "passport_id" in record:
            form, objections = self._form(LongPassport, record, texts)
        elif "id" in record:
            form, objections = self._form(ShortPassport, record, texts)
        else:
            raise ValueError("has neither passport_id (long form) nor id (short form)")
        if self.strict and objections:
            raise _NotLetIn(objections)
        version = version_of(record)
        if isinstance(form, LongPassport):
            passport = from_long(form, version, self.reader, self.folder)
        else:
            passport = from_short(form, version, self.reader, self.folder)
        faults = tuple(visible(f"{place_in('', one.path)}: {one.reason}".removeprefix(": ")) for one in objections)
        return replace(passport, warnings=(*passport.warnings, *warnings), objections=faults)

    def _form(
        self, kind: type[Form], record: Any, texts: list[Objection], named: Callable[[Place], Place] = lambda path: path
    ) -> tuple[Form, list[Objection]]:
        """The record's form and the objections to it; _NotLetIn where it has none, with all that can be said."""
        try:
            form = kind.model_validate(record)
        except ValidationError as error:
            wrong = form_faults(error)
            rest = salvaged(kind, record, error)
            said = [] if rest is None else self.reader.intake.objections(rest)
            known = {path for path, _ in wrong}
            wrong += [(one.path, one.reason) for one in said if not any(one.path[: len(p)] == p for p in known)]
            raise _NotLetIn([*texts, *_faults((named(path), why) for path, why in wrong)]) from error
        said = [replace(one, path=named(one.path)) for one in self.reader.intake.objections(form)]
        return form, [*texts, *said]


def _faults(found: Iterable[tuple[Place, str]]) -> list[Objection]:
    return [Objection(path=path, reason=why) for path, why in found]

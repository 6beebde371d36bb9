"""A passport as a customer sends it: YAML or JSON, in the short or the long form, or UNTP / EU DPP JSON-LD."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from claims.errors import PassportError, PassportsRefused, visible
from claims.passports.bounds import PassportBounds, too_large
from claims.passports.load import survey_parsed
from claims.passports.passport import Passport
from claims.passports.quantities import QuantityReader
from claims.passports.records import Parsed, parse_json, parse_sent_records, record_text
from review.api_errors import OrderRefused

LONGEST_ID = 200
MOST_FAULTS = 100
# The place of a passport that is a request by itself.
BODY = "passport"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """A passport as it is to be kept: `version` is `sha256:` and the hash of `text`, `gtin` has 14 digits."""

    product_id: str
    version: str
    gtin: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A passport and its record as text, whose SHA-256 is the passport's version."""

    passport: Passport
    text: str

    @property
    def as_version(self) -> NewVersion:
        """What is kept of it."""
        gtin = self.passport.gtin
        return NewVersion(
            product_id=self.passport.id,
            version=self.passport.version,
            gtin=None if gtin is None else gtin.zfill(14),
            text=self.text,
        )


def read_body(
    body: bytes,
    media_type: str,
    reader: Callable[[], QuantityReader],
    *,
    place: str,
    bounds: PassportBounds | None = None,
) -> Registered:
    """The one passport in a request's body; OrderRefused says all that is wrong. JSON unless it says YAML."""
    try:
        parsed = parse_sent_records(body) if "yaml" in media_type else parse_json(body, constant=refuse_constant)
    except (ValueError, yaml.YAMLError) as error:
        why = visible(" ".join(str(error).split()))
        raise _refused(place, f"is neither JSON nor YAML as its Content-Type says: {why}") from error
    except RecursionError as error:
        raise _refused(place, "is nested too deep") from error
    return admitted(parsed, reader(), place, bounds)


def read_record(
    content: Any, reader: QuantityReader, *, place: str, bounds: PassportBounds | None = None
) -> Registered:
    """The passport in parsed JSON; OrderRefused names all that is wrong, with its paths."""
    return admitted(Parsed(content=content), reader, place, bounds)


def read_all(records: Sequence[Any], reader: QuantityReader, bounds: PassportBounds | None = None) -> list[Registered]:
    """Passports that came with an order; OrderRefused names all that is wrong in any of them."""
    found: list[Registered] = []
    refused: list[OrderRefused] = []
    for index, record in enumerate(records):
        try:
            found.append(read_record(record, reader, place=f"passports[{index}]", bounds=bounds))
        except OrderRefused as error:
            refused.append(error)
    if refused:
        faults = [fault for error in refused for fault in error.faults][:MOST_FAULTS]
        more = "" if len(refused) == 1 else f"; {len(refused) - 1} more passports are refused, see errors"
        raise OrderRefused(refused[0].place, f"{refused[0].why}{more}", code=refused[0].code or "form", faults=faults)
    return found


def admitted(
    parsed: Parsed, reader: QuantityReader, place: str = BODY, bounds: PassportBounds | None = None
) -> Registered:
    """The one passport in what was parsed; OrderRefused names all that is wrong, with paths behind its place."""
    content = parsed.content
    if isinstance(content, list) or (isinstance(content, dict) and "passports" in content):
        raise _refused(place, "holds a list; send one passport")
    if (found := too_large(content, bounds or PassportBounds())) is not None:
        path, why = found
        message = f"{path}: {why}" if path else why
        raise OrderRefused(place, message, code="too_large", faults=[(_placed(place, path), why)])
    try:
        survey = survey_parsed(parsed, reader, source=place)
        if survey.errors:
            raise PassportsRefused(survey.errors)
        (passport,) = survey.passports
        _check_images(passport, place)
        return Registered(passport=passport, text=record_text(content))
    except PassportError as error:
        faults = faults_of(error)
        placed = [(_placed(place, path), reason) for path, reason in faults]
        raise OrderRefused(place, fault_summary(faults), code="form", faults=placed) from error
    except (RecursionError, UnicodeEncodeError) as error:
        raise _refused(place, "is nested too deep, or holds what is no text") from error


def _placed(place: str, path: str) -> str:
    """The path in the request: of a passport that is the whole body, the path in it."""
    return path if place == BODY else f"{place}.{path}" if path else place


def _refused(place: str, why: str) -> OrderRefused:
    return OrderRefused(place, why, code="form", faults=[(_placed(place, ""), why)])


def faults_of(error: PassportError) -> list[tuple[str, str]]:
    """Each thing that is wrong, as path and reason; many are cut off."""
    found = error.errors if isinstance(error, PassportsRefused) else (error,)
    return [(one.path, one.reason) for one in found[:MOST_FAULTS]]


def fault_summary(faults: Sequence[tuple[str, str]]) -> str:
    """The first fault in words, and how many more there are."""
    path, reason = faults[0]
    more = f"; and {len(faults) - 1} more, see errors" if len(faults) > 1 else ""
    return f"{path}: {reason}{more}" if path else f"{reason}{more}"


def _check_images(passport: Passport, place: str) -> None:
    """A path would be read from this server's own disk."""
    faults = [
        (_placed(place, f"images.{index}.path_or_url"), f"images[{index}]: is no http or https URL")
        for index, image in enumerate(passport.images)
        if not image.lower().startswith(("http://", "https://"))
    ]
    if faults:
        raise OrderRefused(place, faults[0][1], code="image", faults=faults)
    if len(passport.id) > LONGEST_ID:
        why = f"has more than {LONGEST_ID} characters"
        raise OrderRefused(place, f"id: {why}", code="form", faults=[(_placed(place, "id"), why)])


def refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")

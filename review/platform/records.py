"""A passport as a customer sends it: YAML or JSON, in the short or the long form, or UNTP / EU DPP JSON-LD."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from claims.errors import PassportError
from claims.passport import Passport
from claims.passport_load import read_passports, record_text
from claims.passport_quantities import QuantityReader
from claims.yaml_files import parse_sent_yaml
from review.platform.errors import OrderRefused

LONGEST_ID = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A passport and its record as text, whose SHA-256 is the passport's version."""

    passport: Passport
    text: str


def read_body(body: bytes, media_type: str, reader: Callable[[], QuantityReader], *, place: str) -> Registered:
    """The one passport in a request's body; OrderRefused says what is wrong and where. JSON unless it says YAML."""
    try:
        content = parse_sent_yaml(body) if "yaml" in media_type else json.loads(body, parse_constant=_refuse)
    except (ValueError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
        raise OrderRefused(place, f"is neither JSON nor YAML as its Content-Type says: {why}", code="form") from error
    except RecursionError as error:
        raise OrderRefused(place, "is nested too deep", code="form") from error
    return read_record(content, reader(), place=place)


def read_record(content: Any, reader: QuantityReader, *, place: str) -> Registered:
    """The passport in parsed JSON; OrderRefused names the path of what is wrong."""
    if isinstance(content, list) or (isinstance(content, dict) and "passports" in content):
        raise OrderRefused(place, "holds a list; send one passport", code="form")
    try:
        (passport,) = read_passports(content, reader, source=place)
        _check_images(passport, place)
        return Registered(passport=passport, text=record_text(content))
    except PassportError as error:
        raise OrderRefused(
            place, f"{error.path}: {error.reason}" if error.path else error.reason, code="form"
        ) from error
    except (RecursionError, UnicodeEncodeError) as error:
        raise OrderRefused(place, "is nested too deep, or holds what is no text", code="form") from error


def _check_images(passport: Passport, place: str) -> None:
    """A path would be read from this server's own disk."""
    for index, image in enumerate(passport.images):
        if not image.lower().startswith(("http://", "https://")):
            raise OrderRefused(place, f"images[{index}]: is no http or https URL", code="image")
    if len(passport.id) > LONGEST_ID or "\0" in passport.id:
        raise OrderRefused(place, f"id: has more than {LONGEST_ID} characters or a NUL", code="form")


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")

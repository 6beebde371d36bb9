"""Accounts of the same legal person, known by keyed hashes alone: the identifiers themselves are not kept."""

import hashlib
import hmac
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from review.enforcement.errors import EnforcementError

_SEPARATORS = frozenset(" -_.·/()（）\t\n")


class IdentifierKind(StrEnum):
    """What a platform knows a legal person by: credit code, a person's document, the account that is paid."""

    CREDIT_CODE = "credit_code"
    DOCUMENT = "document"
    PAYEE = "payee"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """An identifier as the platform supplied it; it is never stored or logged."""

    kind: IdentifierKind
    value: str = field(repr=False)


def normal_form(value: str) -> str:
    """The identifier without width, case and separators, so that two spellings are one."""
    folded = unicodedata.normalize("NFKC", value).upper()
    return "".join(char for char in folded if char not in _SEPARATORS and not char.isspace())


def keyed_hash(identifier: Identifier, secret: bytes) -> str:
    """HMAC-SHA256 of kind and normal form; EnforcementError for one that is empty.

    The secret is the installation's: without it, a credit code can't be found by trying them all.
    """
    normal = normal_form(identifier.value)
    if len(normal) < 4:
        raise EnforcementError(f"identifier {identifier.kind}: it is empty or too short to tell anybody apart")
    return hmac.new(secret, f"{identifier.kind}\0{normal}".encode(), hashlib.sha256).hexdigest()


def keyed_hashes(identifiers: Sequence[Identifier], secret: bytes) -> dict[str, IdentifierKind]:
    """The hashes with their kinds."""
    return {keyed_hash(identifier, secret): identifier.kind for identifier in identifiers}

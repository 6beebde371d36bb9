"""What can go wrong in claim understanding, and who can act."""

import re
from collections.abc import Sequence

from net.errors import ZhenyanError

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def visible(text: str) -> str:
    """The text with what can't be seen, and could steer a terminal, written out (\\x1b)."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class ClaimsError(ZhenyanError):
    """Base of this folder's errors."""


class PolicyError(ClaimsError):
    """A policy file is wrong; the author of the policy can act."""

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        self.file, self.line, self.reason = file, line, reason
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"policy {place}: {reason}")


class PassportError(ClaimsError):
    """A passport can't be read; the seller who exports it can act. `product_id`: whose it is, where that is known."""

    def __init__(self, file: str, path: str, reason: str, product_id: str | None = None) -> None:
        self.file, self.path, self.reason, self.product_id = file, visible(path), visible(reason), product_id
        super().__init__(f"passports {file}: {self.description}")

    @property
    def description(self) -> str:
        """Path, reason and id, without the file."""
        whose = "" if self.product_id is None else f" (passport {visible(self.product_id)})"
        return f"{self.path}: {self.reason}{whose}" if self.path else f"{self.reason}{whose}"


class PassportsRefused(PassportError):
    """Every error of a file or request at once; path and reason are those of the first."""

    def __init__(self, errors: Sequence[PassportError]) -> None:
        first = errors[0]
        super().__init__(first.file, first.path, first.reason, first.product_id)
        self.errors = tuple(errors)


class PassageError(ClaimsError):
    """A line of input is no passage; the caller can act."""

    def __init__(self, source: str, line: int, reason: str) -> None:
        self.source, self.line, self.reason = source, line, reason
        super().__init__(f"{source} line {line}: {reason}")


class UnknownProduct(ClaimsError):
    """A product is named that no passport describes."""

    def __init__(self, product_id: str) -> None:
        self.product_id = product_id
        super().__init__(f"product {product_id!r}: no passport has this id; check --products and the passport file")


class SemanticError(ClaimsError):
    """The semantic layer can't be had as set; the operator can act."""


class SemanticMissing(SemanticError):
    """What the semantic layer runs on is not installed; rules alone can go on without it."""

"""What can go wrong in claim understanding, and who can act."""

from ingest.errors import ZhenyanError


class ClaimsError(ZhenyanError):
    """Base of this folder's errors."""


class PolicyError(ClaimsError):
    """A policy file is wrong; the author of the policy can act."""

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        self.file, self.line, self.reason = file, line, reason
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"policy {place}: {reason}")


class PassportError(ClaimsError):
    """A passport can't be read; the seller who exports it can act."""

    def __init__(self, file: str, path: str, reason: str) -> None:
        self.file, self.path, self.reason = file, path, reason
        super().__init__(f"passports {file}: {path}: {reason}" if path else f"passports {file}: {reason}")


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

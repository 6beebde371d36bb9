"""What can go wrong with the trail that was exported, and with keys and what they signed."""

from review.errors import ReviewError


class KeyRingError(ReviewError):
    """The installation's keys can't be read or made; the operator can act."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"key {path}: {why}")
        self.path = path


class SignatureError(ReviewError):
    """A signed document is not what was signed, or by nobody known."""


class AuditFileError(ReviewError):
    """An exported audit trail can't be read as one, or was changed."""

    exit_code = 1

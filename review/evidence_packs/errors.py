"""What can be wrong with an evidence pack."""

from typing import Literal

from review.errors import ReviewError

BreakKind = Literal["changed", "missing", "added", "reordered", "signature", "chain", "oversize"]


class PackError(ReviewError):
    """A pack can't be made or read; the text says what to do."""


class PackBroken(ReviewError):
    """A pack is not what was signed: the first thing that is wrong in it, and how."""

    exit_code = 1

    def __init__(self, kind: BreakKind, what: str, why: str) -> None:
        super().__init__(f"pack broken: {what}: {kind}: {why}")
        self.kind = kind
        self.what = what
        self.why = why

"""What due process refuses, and what it can't find."""

from typing import Literal

from review.errors import NotFoundError, ReviewError


class DueError(ReviewError):
    """Base of what due process refuses or cannot do."""


class MeasureRefused(DueError):
    """A measure may not be proposed or moved like this; the pages have words for each code.

    `case_id`: the case that it is about; "": none in particular.
    """

    def __init__(self, what: str, why: str, *, code: str, case_id: str = "") -> None:
        super().__init__(f"{what}: {why}")
        self.why = why
        self.code = code
        self.case_id = case_id


class NoticeIncomplete(MeasureRefused):
    """A notice lacks one of its five parts (直播电商监督管理办法 14)."""

    def __init__(self, field: str) -> None:
        super().__init__(
            "notice", f"{field} is missing; a notice has facts, reasons, basis, term and appeal", code=field
        )
        self.field = field


class AppealRefused(DueError):
    """An answer or an appeal can't be taken, or not be decided by this person; the pages have words for each code."""

    def __init__(self, what: str, why: str, *, code: str) -> None:
        super().__init__(f"{what}: {why}")
        self.why = why
        self.code = code


class UnknownMeasureError(NotFoundError):
    """No measure has this id."""

    def __init__(self, measure_id: str) -> None:
        super().__init__(f"measure {measure_id!r} is not in the store; check the id")
        self.measure_id = measure_id


class UnknownAppealError(NotFoundError):
    """No appeal has this id."""

    def __init__(self, appeal_id: str) -> None:
        super().__init__(f"appeal {appeal_id!r} is not in the store; check the id")
        self.appeal_id = appeal_id


class UnknownTokenError(NotFoundError):
    """The host's link is unknown or over; the text is the same for both, so that nothing can be found by trying."""

    def __init__(self) -> None:
        super().__init__("this link is not known or its time is over; ask the platform for a new one")


class UnknownFileError(NotFoundError):
    """A file that was handed in is not in the data folder."""

    def __init__(self, sha256: str) -> None:
        super().__init__(
            f"file {sha256} is not in the data folder, or is not what its name says; restore it from a copy"
        )
        self.sha256 = sha256


class KeyRingError(DueError):
    """The installation's keys can't be read or made; the operator can act."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"key {path}: {why}")
        self.path = path


class SignatureError(DueError):
    """A signed document is not what was signed, or by nobody known."""


class AuditFileError(DueError):
    """An exported audit trail can't be read as one, or was changed."""

    exit_code = 1


class DueNotSetUp(DueError):
    """The store was opened to read only: without the table of measures and the data folder."""

    def __init__(self) -> None:
        super().__init__("due process is not set up: open the store with the table of measures and the data folder")


class RetentionRefused(DueError):
    """A hold can't be set or released like this."""


BreakKind = Literal["changed", "missing", "added", "reordered", "signature", "chain", "oversize"]


class PackError(DueError):
    """A pack can't be made or read; the text says what to do."""


class PackBroken(DueError):
    """A pack is not what was signed: the first thing that is wrong in it, and how."""

    exit_code = 1

    def __init__(self, kind: BreakKind, what: str, why: str) -> None:
        super().__init__(f"pack broken: {what}: {kind}: {why}")
        self.kind = kind
        self.what = what
        self.why = why


class ComplaintRefused(DueError):
    """A complaint can't be taken like this; whoever complains can act."""

    def __init__(self, what: str, why: str, *, code: str) -> None:
        super().__init__(f"{what}: {why}")
        self.why = why
        self.code = code


class UnknownReceiptError(NotFoundError):
    """The receipt is unknown or over; the text is the same for both."""

    def __init__(self) -> None:
        super().__init__("this receipt is not known or its time is over; complain again, or ask the platform")

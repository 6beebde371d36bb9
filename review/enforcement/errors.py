"""What due process refuses, and what it can't find."""

from review.errors import NotFoundError, ReviewError


class EnforcementError(ReviewError):
    """Base of what enforcement refuses or cannot do."""


class MeasureRefused(EnforcementError):
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


class AppealRefused(EnforcementError):
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


class EnforcementNotSetUp(EnforcementError):
    """The store was opened to read only: without the table of measures and the data folder."""

    def __init__(self) -> None:
        super().__init__("due process is not set up: open the store with the table of measures and the data folder")


class RetentionRefused(EnforcementError):
    """A hold can't be set or released like this."""


class ComplaintRefused(EnforcementError):
    """A complaint can't be taken like this; whoever complains can act."""

    def __init__(self, what: str, why: str, *, code: str) -> None:
        super().__init__(f"{what}: {why}")
        self.why = why
        self.code = code


class UnknownReceiptError(NotFoundError):
    """The receipt is unknown or over; the text is the same for both."""

    def __init__(self) -> None:
        super().__init__("this receipt is not known or its time is over; complain again, or ask the platform")

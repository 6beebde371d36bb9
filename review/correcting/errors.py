"""Why a correction is not taken."""

from review.errors import ReviewError


class CorrectionRefused(ReviewError):
    """The correction can't be made like this; the pages have words for each code. `who`: what is in the way, by id."""

    def __init__(self, case_id: str, why: str, *, code: str, who: str = "") -> None:
        super().__init__(f"case {case_id}: {why}")
        self.who = who
        self.case_id = case_id
        self.why = why
        self.code = code

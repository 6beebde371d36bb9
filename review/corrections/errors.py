"""Why a correction is not taken."""

from review.errors import CaseRefused


class CorrectionRefused(CaseRefused):
    """The correction can't be made like this. `who`: what is in the way, by id."""

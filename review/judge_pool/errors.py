"""Why a text was not judged, each with the HTTP status and code that tell it.

PlatformError
├── TooManyChecks   429  checks          the key, or its customer, has as many under way as it may
├── JudgingBusy     503  judging_busy    all places are taken, by others too
├── JudgingTooLong  504  judging_long    it was not done within its deadline, and was stopped
├── JudgingFailed   503  judging_failed  the process that did it died or ran out of memory; another takes its place
└── JudgingUnready  503  judging_failed  the policy or the semantic layer can't be loaded; the operator can act
CallerGone               whoever asked has hung up
JudgingFault             the program is wrong: its own log says where
"""

from review.api_errors import PlatformError


class TooManyChecks(PlatformError):
    """More checks at once than one caller may have under way."""

    status = 429
    code = "checks"

    def __init__(self, most: int, who: str, wait_s: int) -> None:
        super().__init__(
            f"{most} checks of {who} are under way already; wait for one, or try again in {wait_s} s",
            {"Retry-After": str(wait_s)},
        )


class JudgingBusy(PlatformError):
    """Everybody together asks for more than is done in time."""

    status = 503
    code = "judging_busy"

    def __init__(self, wait_s: int) -> None:
        super().__init__(
            f"more checks wait than can be done in time; try again in {wait_s} s", {"Retry-After": str(wait_s)}
        )


class JudgingTooLong(PlatformError):
    """The deadline of one check."""

    status = 504
    code = "judging_long"

    def __init__(self, deadline_s: float) -> None:
        super().__init__(
            f"the check was not done within {deadline_s:g} s and was stopped; send less at a time: fewer sentences, "
            "fewer products"
        )


class JudgingFailed(PlatformError):
    """The process that judged is gone."""

    status = 503
    code = "judging_failed"

    def __init__(self, why: str, wait_s: int) -> None:
        super().__init__(f"the check was broken off: {why}; try again in {wait_s} s", {"Retry-After": str(wait_s)})


class JudgingUnready(JudgingFailed):
    """Nothing can be judged by; the operator's log says why."""

    def __init__(self, wait_s: int) -> None:
        super().__init__("the policy or a model can't be loaded, and the server's log says why", wait_s)


class JudgingFault(Exception):
    """What went wrong where a job was done, as its own process told it."""


class CallerGone(Exception):
    """Whoever asked has hung up; nobody is answered."""

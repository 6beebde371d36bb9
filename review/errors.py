"""What can go wrong between a finding and the person who reads it."""

from typing import Any, Self

from net.errors import ZhenyanError


class ReviewError(ZhenyanError):
    """Base of everything that the review side refuses or cannot do; each travels between processes as it is."""

    def __reduce__(self) -> tuple[Any, ...]:
        return self._remade, (self.args, self.__dict__)

    @classmethod
    def _remade(cls, args: tuple[Any, ...], values: dict[str, Any]) -> Self:
        """The error of another process: its `__init__` takes other things than the text that came of them."""
        error = cls.__new__(cls)
        error.args = args
        error.__dict__.update(values)
        return error


class NotFoundError(ReviewError):
    """What was asked for is not in the store; the caller names something else."""


class UnknownStreamError(NotFoundError):
    """The stream was never put into the store."""

    def __init__(self, stream_id: str) -> None:
        super().__init__(f"stream {stream_id!r} is not in the store; check the id")
        self.stream_id = stream_id


class UnknownSegmentError(NotFoundError):
    """The segment was never added, so analysing it would falsify the coverage."""

    def __init__(self, stream_id: str, sequence: int) -> None:
        super().__init__(
            f"segment {sequence} of stream {stream_id!r} is not in the store; add segments before moving the cursor"
        )
        self.stream_id = stream_id
        self.sequence = sequence


class UnknownFindingError(NotFoundError):
    """No finding has this id."""

    def __init__(self, finding_id: str) -> None:
        super().__init__(f"finding {finding_id!r} is not in the store; check the id or the database that is open")
        self.finding_id = finding_id


class ClipMissingError(NotFoundError):
    """The finding has no clip yet, or the ring has let it go."""

    def __init__(self, finding_id: str) -> None:
        super().__init__(f"finding {finding_id!r} has no clip on disk; it is still being cut, or was removed")
        self.finding_id = finding_id


class ClipPathError(ReviewError):
    """A clip path that would lead outside the data folder."""

    def __init__(self, path: str) -> None:
        super().__init__(f"clip path {path!r} leaves the data folder; give it relative to that folder, without '..'")
        self.path = path


class SchemaError(ReviewError):
    """The database was written by a later version of Zhenyan."""

    def __init__(self, found: str, wanted: str) -> None:
        super().__init__(
            f"the database's schema is at step {found}, this program knows steps up to {wanted}; open it with the "
            "version that wrote it, or name a new database"
        )
        self.found = found
        self.wanted = wanted


class StoreUnavailableError(ReviewError):
    """The database can't be opened; the operator can act."""

    def __init__(self, database: str, reason: str) -> None:
        super().__init__(f"database {database}: {reason}; correct the setting database_url or data_dir")
        self.database = database


class TracingUnavailable(ReviewError):
    """Traces are wanted and what sends them is not installed; the operator can act."""

    def __init__(self, missing: str) -> None:
        super().__init__(f"trace_url: {missing} is not installed; install zhenyan[tracing], or leave it empty")
        self.missing = missing


class ExportUnavailable(ReviewError):
    """A table is wanted in a form that this server can't write; the operator can act."""

    def __init__(self, form: str) -> None:
        super().__init__(f"format {form}: this server can't write it; ask for csv, or have zhenyan[{form}] installed")
        self.form = form


class PeaksError(ReviewError):
    """A clip's loudness could not be read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"no waveform from {path!r}: {reason}; the clip still plays without it")
        self.path = path
        self.reason = reason


class UnknownCaseError(NotFoundError):
    """No case has this id."""

    def __init__(self, case_id: str) -> None:
        super().__init__(f"case {case_id!r} is not in the store; check the id")
        self.case_id = case_id


class CaseRefused(ReviewError):
    """What was asked of a case is not done; the pages have words for each code. `who` is in the way, where one is."""

    def __init__(self, case_id: str, why: str, *, code: str, who: str = "") -> None:
        super().__init__(f"case {case_id}: {why}")
        self.who = who
        self.case_id = case_id
        self.why = why
        self.code = code


class DecisionRefused(CaseRefused):
    """The case's state or the person's role does not allow this decision."""


class QueueRefused(ReviewError):
    """A named queue is not kept as it was sent; the administrator can act. `code`: what the page has words for."""

    def __init__(self, name: str, why: str, *, code: str) -> None:
        super().__init__(f"queue {name!r} {why}")
        self.name = name
        self.code = code


class CaseChanged(ReviewError):
    """Somebody else was faster: `who`, where that is told; the page shows the case as it is now."""

    def __init__(self, case_id: str, why: str, *, code: str, who: str = "") -> None:
        super().__init__(f"case {case_id}: {why}; look at it again")
        self.who = who
        self.case_id = case_id
        self.why = why
        self.code = code


class UnknownPersonError(NotFoundError):
    """No account has this login."""

    def __init__(self, login: str) -> None:
        super().__init__(f"no account {login!r}; see `zhenyan people list`")
        self.login = login


class AccountError(ReviewError):
    """An account can't be made or changed like this."""

    def __init__(self, login: str, why: str) -> None:
        super().__init__(f"account {login!r}: {why}")
        self.login = login


class LoginRefused(ReviewError):
    """Nobody is let in; the text tells no more than it must."""


class NotLoggedIn(ReviewError):
    """Nobody is logged in, or the session is over; the person logs in and goes on where they were."""

    def __init__(self) -> None:
        super().__init__("nobody is logged in, or the session is over; log in and try again")


class Forbidden(ReviewError):
    """Who asks may not do this, or the request does not come from a page of this server."""


class LeaseLost(ReviewError):
    """Somebody else works on the broadcast by now, or nobody is to; whoever held it stops, and nothing is stored."""

    def __init__(self, stream_id: str, token: int) -> None:
        super().__init__(f"stream {stream_id!r}: the lease {token} is no longer held; stop working on it")
        self.stream_id = stream_id
        self.token = token

    def __reduce__(self) -> tuple[type["LeaseLost"], tuple[str, int]]:
        return LeaseLost, (self.stream_id, self.token)


class WorkerReplaced(ReviewError):
    """A later process works under this worker's name; the earlier one ends."""

    def __init__(self, worker_id: str) -> None:
        super().__init__(f"worker {worker_id!r}: a later process has taken its place; end this one")
        self.worker_id = worker_id

    def __reduce__(self) -> tuple[type["WorkerReplaced"], tuple[str]]:
        return WorkerReplaced, (self.worker_id,)

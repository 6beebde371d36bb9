"""Whose row is whose: no customer sees another's, and what is another's is told of as if it were not there.

A broadcast has its tenant. Findings and clips are their broadcast's; cases, measures and files are their host's, and a
host is the tenant's whose broadcasts it has: customers' hosts are stored as `tenant/id`, so that two can't meet.
"""

from sqlalchemy import ColumnElement, Engine, select
from sqlalchemy.orm import InstrumentedAttribute

from review.cases.tables import CaseRow
from review.errors import UnknownCaseError, UnknownFindingError, UnknownStreamError
from review.live.types import LOCAL_TENANT
from review.platform.types import Caller
from review.tables import FindingRow, StreamRow


def stored_host(tenant_id: str, host_id: str) -> str:
    """The host's id as it is kept."""
    return host_id if tenant_id == LOCAL_TENANT else f"{tenant_id}/{host_id}"


def shown_host(tenant_id: str | None, host_id: str) -> str:
    """The host's id as this tenant gave it; as it is kept for who sees every tenant's."""
    if tenant_id is None or tenant_id == LOCAL_TENANT:
        return host_id
    return host_id.removeprefix(f"{tenant_id}/")


def hosts_of_tenant(column: InstrumentedAttribute[str], tenant_id: str) -> ColumnElement[bool]:
    """True for rows whose host, in this column, is one of the tenant's."""
    own = select(StreamRow.stream_id).where(StreamRow.host_id == column, StreamRow.tenant_id == tenant_id)
    return own.exists()


class Tenancy:
    """Says whether a row is the caller's; raises what the store raises for a row that is not there."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def check_stream(self, caller: Caller, stream_id: str) -> None:
        """UnknownStreamError unless the caller sees this broadcast."""
        if caller.sees is None:
            return
        with self._engine.connect() as connection:
            found = connection.scalar(select(StreamRow.tenant_id).where(StreamRow.stream_id == stream_id))
        if found != caller.sees:
            raise UnknownStreamError(stream_id)

    def check_finding(self, caller: Caller, finding_id: str) -> None:
        """UnknownFindingError unless the caller sees its broadcast."""
        if caller.sees is None:
            return
        statement = select(StreamRow.tenant_id).join(FindingRow, FindingRow.stream_id == StreamRow.stream_id)
        with self._engine.connect() as connection:
            found = connection.scalar(statement.where(FindingRow.finding_id == finding_id))
        if found != caller.sees:
            raise UnknownFindingError(finding_id)

    def check_case(self, caller: Caller, case_id: str) -> None:
        """UnknownCaseError unless the caller sees its host."""
        if caller.sees is None:
            return
        own = hosts_of_tenant(CaseRow.host_id, caller.sees)
        with self._engine.connect() as connection:
            found = connection.scalar(select(CaseRow.case_id).where(CaseRow.case_id == case_id, own))
        if found is None:
            raise UnknownCaseError(case_id)

"""Whose row is whose: no customer sees another's, and what is another's is told of as if it were not there.

A broadcast has its tenant. Findings and clips are their broadcast's; cases, measures and files are their host's, and a
host is the tenant's whose broadcasts it has: customers' hosts are stored as `tenant/id`, so that two can't meet.
"""

from dataclasses import replace

from sqlalchemy import Connection, Engine, select

from review.db.ownership import Owner, host_is_of, is_of
from review.db.tables.cases import CaseRow
from review.db.tables.streams import FindingRow, StreamRow
from review.db.tables.tenants import TenantRow
from review.db.tenant_ids import shown_host, stored_host
from review.enforcement.types import HostFile, Measure
from review.errors import NotFoundError, ReviewError, UnknownCaseError, UnknownFindingError, UnknownStreamError
from review.tenants.types import Caller


class UnknownHost(NotFoundError):
    """The customer has no broadcast of this host."""

    def __init__(self, host_id: str) -> None:
        super().__init__(f"host {host_id!r} is not in the store; order a broadcast of theirs first")
        self.host_id = host_id


class HostTaken(ReviewError):
    """A host's id that begins like those of another customer."""

    def __init__(self, host_id: str) -> None:
        super().__init__(f"host {host_id!r}: what stands before the / is a customer's id; give the host another one")
        self.host_id = host_id


def check_host(connection: Connection, tenant_id: str, host_id: str) -> None:
    """HostTaken where the host, as it is to be kept for this tenant, could be another customer's."""
    owner, stroke, _ = host_id.partition("/")
    if not stroke or owner == tenant_id:
        return
    if connection.scalar(select(TenantRow.tenant_id).where(TenantRow.tenant_id == owner)) is not None:
        raise HostTaken(host_id)


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
        own = host_is_of(CaseRow.host_id, caller.sees)
        with self._engine.connect() as connection:
            found = connection.scalar(select(CaseRow.case_id).where(CaseRow.case_id == case_id, own))
        if found is None:
            raise UnknownCaseError(case_id)

    def host(self, caller: Caller, host_id: str) -> str:
        """The host's id as it is kept; UnknownHost unless the caller sees a broadcast of theirs."""
        if caller.sees is None:
            return host_id
        kept = stored_host(caller.sees, host_id)
        if not self._own({kept}, caller.sees):
            raise UnknownHost(host_id)
        return kept

    def own_file(self, tenants: frozenset[str] | None, held: HostFile) -> HostFile:
        """The host's file without what is another customer's, as where people linked accounts of two of them."""
        if tenants is None:
            return held
        own = self._own({held.host_id, *held.linked}, tenants)
        measures = tuple(measure for measure in held.measures if measure.host_id in own)
        known = {measure.id for measure in measures}
        return HostFile(
            host_id=held.host_id,
            linked=tuple(host_id for host_id in held.linked if host_id in own),
            strikes=tuple(strike for strike in held.strikes if strike.host_id in own),
            measures=measures,
            appeals=tuple(appeal for appeal in held.appeals if appeal.measure_id in known),
        )

    def own_measures(self, tenant_id: str | None, measures: tuple[Measure, ...]) -> tuple[Measure, ...]:
        """Those of the customer's hosts, which are named as the customer named them; all for None."""
        if tenant_id is None:
            return measures
        own = self._own({measure.host_id for measure in measures}, tenant_id)
        return tuple(
            replace(measure, host_id=shown_host(tenant_id, measure.host_id))
            for measure in measures
            if measure.host_id in own
        )

    def _own(self, host_ids: set[str], owner: Owner) -> set[str]:
        statement = select(StreamRow.host_id).where(StreamRow.host_id.in_(host_ids), is_of(owner))
        with self._engine.connect() as connection:
            return set(connection.scalars(statement.distinct()))

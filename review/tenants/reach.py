"""How far people reach who work for some customers alone: whose a thing is, by the name that routes give its id."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Engine, Select, select

from review.accounts.types import Person
from review.db.tables.batches import BatchRow
from review.db.tables.cases import CaseRow, ProposalRow
from review.db.tables.enforcement import AppealRow, MeasureRow
from review.db.tables.reanalyses import ReanalysisRow
from review.db.tables.streams import FindingRow, StreamRow
from review.db.tables.tenants import TenantRow
from review.db.tables.webhooks import EndpointRow
from review.errors import NotFoundError


class OutOfReach(NotFoundError):
    """Another customer's, or nobody's: one text for both."""

    def __init__(self, name: str, id_: str) -> None:
        super().__init__(f"{name.removesuffix('_id')} {id_!r} is not in the store; check the id")


_OWNER = select(StreamRow.tenant_id)
_OF_HOST = StreamRow.host_id
OWNERS: Mapping[str, Callable[[str], Select[Any]]] = {
    "stream_id": lambda id_: _OWNER.where(StreamRow.stream_id == id_),
    "host_id": lambda id_: _OWNER.where(StreamRow.host_id == id_),
    "finding_id": lambda id_: _OWNER.join(FindingRow, FindingRow.stream_id == StreamRow.stream_id).where(
        FindingRow.finding_id == id_
    ),
    "case_id": lambda id_: _OWNER.join(CaseRow, CaseRow.host_id == _OF_HOST).where(CaseRow.case_id == id_),
    "proposal_id": lambda id_: (
        _OWNER.join(CaseRow, CaseRow.host_id == _OF_HOST)
        .join(ProposalRow, ProposalRow.case_id == CaseRow.case_id)
        .where(ProposalRow.proposal_id == id_)
    ),
    "measure_id": lambda id_: _OWNER.join(MeasureRow, MeasureRow.host_id == _OF_HOST).where(
        MeasureRow.measure_id == id_
    ),
    "appeal_id": lambda id_: (
        _OWNER.join(MeasureRow, MeasureRow.host_id == _OF_HOST)
        .join(AppealRow, AppealRow.measure_id == MeasureRow.measure_id)
        .where(AppealRow.appeal_id == id_)
    ),
    "batch_id": lambda id_: select(BatchRow.tenant_id).where(BatchRow.batch_id == id_),
    "reanalysis_id": lambda id_: select(ReanalysisRow.tenant_id).where(ReanalysisRow.reanalysis_id == id_),
    "webhook_id": lambda id_: select(EndpointRow.tenant_id).where(EndpointRow.endpoint_id == id_),
    "tenant_id": lambda id_: select(TenantRow.tenant_id).where(TenantRow.tenant_id == id_),
}


class Reach:
    """Says whether a person reaches a thing. Who works for all customers reaches everything."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def owners(self, name: str, id_: str) -> frozenset[str]:
        """The customers whose the thing is; `name`: what routes call its id."""
        with self._engine.connect() as connection:
            return frozenset(connection.scalars(OWNERS[name](id_).distinct()))

    def check(self, person: Person, name: str, *ids: str) -> None:
        """OutOfReach names the first of these that is none of the person's customers'."""
        for id_ in ids:
            if not self._reaches(person, name, id_):
                raise OutOfReach(name, id_)

    def within(self, person: Person, name: str, ids: Iterable[str]) -> list[str]:
        """Those of these that the person reaches."""
        return [id_ for id_ in ids if self._reaches(person, name, id_)]

    def _reaches(self, person: Person, name: str, id_: str) -> bool:
        return person.tenants is None or not self.owners(name, id_).isdisjoint(person.tenants)

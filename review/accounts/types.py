"""Who works at the desk, and what their role lets them do."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do at the desk; an auditor reads everything and changes nothing."""

    REVIEWER = "reviewer"
    SENIOR = "senior"
    ADMIN = "admin"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who acts; `id` is stable, `name` is shown. `tenants`: the customers for whom they work, and whose things alone
    they see; None: all."""

    id: str
    name: str
    role: Role
    tenants: frozenset[str] | None = None

    def works_for(self, tenant_id: str) -> bool:
        """Whether this customer's things are among what the person sees."""
        return self.tenants is None or tenant_id in self.tenants

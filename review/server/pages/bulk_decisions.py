"""One decision offered for several cases: first what it would do, then each confirmed case by itself."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from review.accounts.types import Person
from review.cases.decisions import REASONS
from review.cases.state import barred
from review.cases.store import CaseStore
from review.cases.types import Case, Choice
from review.errors import UnknownCaseError
from review.server.pages.queue import held_by_other

MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What a decision would meet at one case; `barred` None: it would be taken."""

    case: Case
    request_id: str
    barred: str | None


def preview(
    cases: CaseStore, case_ids: Sequence[str], choice: Choice, reason: str, person: Person
) -> tuple[Prospect, ...]:
    """Every case that is still there, in the order given, and what keeps it from being decided so."""
    now_ms = cases.now_ms()
    found = []
    for case_id in dict.fromkeys(case_ids):
        try:
            case = cases.case(case_id)
        except UnknownCaseError:
            continue
        code = barred(case, cases.decisions(case_id), person, choice)
        if code is None and held_by_other(case, person, now_ms):
            code = "taken"
        if code is None and reason not in REASONS[choice]:
            code = "reason"
        found.append(Prospect(case=case, request_id=str(uuid.uuid4()), barred=code))
    return tuple(found)

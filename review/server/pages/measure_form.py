"""What the form of a proposal sends: cases, measure and remarks; nothing that a notice is composed of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from claims.types import CHINA_TIME
from review.enforcement.errors import MeasureRefused
from review.enforcement.penalty_table import Measures
from review.enforcement.types import HostFile, MeasureKind, Proposal, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureForm:
    """The form as it was filled in; times are China Standard Time as a page writes them.

    `starts_at` empty: once the host was heard. `term_days` None: the table's usual term.
    """

    kind: MeasureKind
    case_ids: tuple[str, ...]
    starts_at: str = ""
    term_days: int | None = None
    remarks_zh: str = ""
    remarks_en: str = ""
    breach: str = ""
    serious_why: str = ""
    urgent_why: str = ""

    def wanted(self, host_id: str) -> Wanted:
        """What is proposed by it; MeasureRefused for a moment that is none."""
        return Wanted(
            host_id=host_id,
            kind=self.kind,
            case_ids=self.case_ids,
            starts_at_ms=_unix_ms(self.starts_at) if self.starts_at.strip() else None,
            term_days=self.term_days,
            remarks_zh=self.remarks_zh,
            remarks_en=self.remarks_en,
            breach=self.breach,
            serious_why=self.serious_why,
            urgent_why=self.urgent_why,
        )


def _unix_ms(local: str) -> int:
    try:
        moment = datetime.fromisoformat(local.strip())
    except ValueError as error:
        raise MeasureRefused("term", f"{local!r} is no moment", code="term") from error
    here = moment.replace(tzinfo=CHINA_TIME) if moment.tzinfo is None else moment
    return int(here.astimezone(UTC).timestamp() * 1000)


def first_form(held: HostFile, proposal: Proposal, kind: MeasureKind | None) -> MeasureForm:
    """The form to start from: what the table proposes, for the cases that count and no open measure rests on yet."""
    counted = [step.case_id for step in proposal.steps] or [strike.case_id for strike in held.strikes]
    behind = {case_id for measure in held.measures if measure.closed_at_ms is None for case_id in measure.case_ids}
    fresh = [case_id for case_id in counted if case_id not in behind]
    return MeasureForm(kind=kind or proposal.measure or MeasureKind.WARNING, case_ids=tuple(fresh or counted))


def breaches(basis: Sequence[str], table: Measures) -> tuple[str, ...]:
    """Those of the citations that a blacklist may rest on: a law or an administrative regulation."""
    found = [(cited, table.statute_of(cited)) for cited in basis]
    return tuple(cited for cited, statute in found if statute is not None and statute.level != "rule")

"""What the forms of measures send, and the draft that a form starts from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from review.cases.types import Case
from review.due.errors import MeasureRefused
from review.due.notices import draft_notice
from review.due.rules import DAY_MS, Measures
from review.due.types import HostFile, MeasureKind, Notice, Proposal, Wanted

_CHINA = timezone(timedelta(hours=8))
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureForm:
    """The form as it was filled in; times are China Standard Time as a page writes them."""

    kind: MeasureKind
    case_ids: tuple[str, ...]
    facts_zh: str
    facts_en: str
    reasons_zh: str
    reasons_en: str
    basis: tuple[str, ...]
    starts_at: str
    term_days: int
    appeal_zh: str
    appeal_en: str
    breach: str = ""
    serious_why: str = ""
    urgent_why: str = ""

    def wanted(self, host_id: str) -> Wanted:
        """What is proposed by it; MeasureRefused for a moment that is none."""
        starts_at_ms = _unix_ms(self.starts_at)
        notice = Notice(
            facts_zh=self.facts_zh.strip(),
            reasons_zh=self.reasons_zh.strip(),
            basis=self.basis,
            starts_at_ms=starts_at_ms,
            ends_at_ms=starts_at_ms + self.term_days * DAY_MS,
            appeal_zh=self.appeal_zh.strip(),
            facts_en=self.facts_en.strip(),
            reasons_en=self.reasons_en.strip(),
            appeal_en=self.appeal_en.strip(),
        )
        return Wanted(
            host_id=host_id,
            kind=self.kind,
            notice=notice,
            case_ids=self.case_ids,
            breach=self.breach,
            serious_why=self.serious_why,
            urgent_why=self.urgent_why,
        )


def _unix_ms(local: str) -> int:
    try:
        moment = datetime.fromisoformat(local)
    except ValueError as error:
        raise MeasureRefused("term", f"{local!r} is no moment", code="term") from error
    return int(moment.replace(tzinfo=_CHINA).timestamp() * 1000)


def local_time(at_ms: int) -> str:
    """The moment as a page's field for date and time writes it."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(_CHINA).strftime("%Y-%m-%dT%H:%M")


def drafted(
    held: HostFile,
    proposal: Proposal,
    cases: Sequence[Case],
    kind: MeasureKind,
    table: Measures,
    class_names: dict[str, tuple[str, str]],
    now_ms: int,
) -> MeasureForm:
    """The form to start from: the cases that count, their words, their law, the usual term after the host was heard."""
    rule = table.measures[kind]
    counted = {step.case_id for step in proposal.steps}
    strikes = [strike for strike in held.strikes if strike.case_id in counted] or list(held.strikes)
    cited = [law for strike in strikes for law in strike.law if table.statute_of(law) is not None]
    starts_at_ms = now_ms + rule.defence_days * DAY_MS + _HOUR_MS
    notice = draft_notice(
        proposal,
        [case for case in cases if case.id in {strike.case_id for strike in strikes}],
        class_names,
        cited,
        starts_at_ms=starts_at_ms,
        ends_at_ms=starts_at_ms + rule.term_days * DAY_MS,
    )
    return MeasureForm(
        kind=kind,
        case_ids=tuple(strike.case_id for strike in strikes),
        facts_zh=notice.facts_zh,
        facts_en=notice.facts_en,
        reasons_zh=notice.reasons_zh,
        reasons_en=notice.reasons_en,
        basis=notice.basis,
        starts_at=local_time(starts_at_ms),
        term_days=rule.term_days,
        appeal_zh=notice.appeal_zh,
        appeal_en=notice.appeal_en,
        breach=breaches(notice.basis, table)[0] if breaches(notice.basis, table) else "",
    )


def breaches(basis: Sequence[str], table: Measures) -> tuple[str, ...]:
    """Those of the citations that a blacklist may rest on: a law or an administrative regulation."""
    found = [(cited, table.statute_of(cited)) for cited in basis]
    return tuple(cited for cited, statute in found if statute is not None and statute.level != "rule")

"""What is past its clock, kind by kind, and its deletion: each subject in the caller's transaction."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, or_, select, union_all
from sqlalchemy.orm import DeclarativeBase

from review.cases.types import FINAL
from review.db.tables.analytics import TallyRow
from review.db.tables.cases import CaseBandRow, CaseFindingRow, CaseRow, DecisionRow, ProposalRow
from review.db.tables.corrections import CorrectionRow, SupersededRow
from review.db.tables.duties import DeferralRow, DutyRow
from review.db.tables.enforcement import (
    AppealRow,
    ComplaintRow,
    DealRow,
    DefenceRow,
    EvasionRow,
    HostTokenRow,
    LinkRow,
    MeasureCaseRow,
    MeasureRow,
    StrikeRow,
)
from review.db.tables.learning import BlindCaseRow, GoldenRow, ShadowScoreRow, ShadowStreamRow, SpotStreamRow
from review.db.tables.reanalyses import ReanalysisFindingRow, ReanalysisRow
from review.db.tables.replays import ReplayMemoryRow
from review.db.tables.second_reader import SecondAnswerRow, SecondOpinionRow
from review.db.tables.streams import CoverageRow, CursorRow, FindingRow, GapRow, PassageRow, SegmentRow, StreamRow
from review.db.tables.stretches import StreamConditionRow, StreamSignalRow, StretchRow
from review.enforcement.penalty_points import expires_at_ms
from review.enforcement.penalty_table import DAY_MS, Clock, Measures
from review.enforcement.rows import appeals_where, defence_of, strikes_of
from review.enforcement.types import OPEN, AppealState
from review.events.log import forget_bodies
from review.evidence.files import handed_in_name
from review.streams.opinions import forget_opinions
from review.streams.types import StreamState

_BY_HOST = "host"
_AT_ONCE = 5_000
_OVER = (StreamState.ENDED.value, StreamState.FAILED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What went: `subject` as the trail names it, `files` relative to the data folder (a name may be a folder)."""

    kind: Clock
    subject: str
    row_count: int
    files: tuple[str, ...] = field(default=(), repr=False)
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Until when each kind must have ended to be deleted, what is held, and by which table strikes expire."""

    before_ms: Mapping[Clock, int]
    strike_days: int
    held: frozenset[str]
    table: Measures
    now_ms: int


def overdue_measures(connection: Connection, limits: Limits) -> list[str]:
    """Closed measures whose last appeal was decided that long ago, too."""
    before = limits.before_ms["measure"]
    open_appeal = exists().where(
        AppealRow.measure_id == MeasureRow.measure_id,
        or_(AppealRow.state == AppealState.FILED.value, AppealRow.decided_at_ms > before),
    )
    rows = connection.execute(
        select(MeasureRow.measure_id, MeasureRow.host_id).where(
            MeasureRow.state.not_in([state.value for state in OPEN]),
            MeasureRow.closed_at_ms <= before,
            MeasureRow.ends_at_ms <= before,
            ~open_appeal,
        )
    ).all()
    free = [row for row in rows if not _held(limits, measure=[row.measure_id], host=[row.host_id])]
    return sorted(row.measure_id for row in free)


def erase_measure(connection: Connection, measure_id: str) -> Erased:
    """The measure with its notice, answer, appeals, links and the files that nothing else names."""
    defence = defence_of(connection, measure_id)
    appeals = appeals_where(connection, AppealRow.measure_id == measure_id)
    files = {file.sha256 for said in (defence, *appeals) if said is not None for file in said.files}
    count = _delete(
        connection,
        [
            (AppealRow, AppealRow.measure_id),
            (DefenceRow, DefenceRow.measure_id),
            (HostTokenRow, HostTokenRow.measure_id),
            (EvasionRow, EvasionRow.measure_id),
            (MeasureCaseRow, MeasureCaseRow.measure_id),
            (MeasureRow, MeasureRow.measure_id),
        ],
        measure_id,
    )
    forget_bodies(connection, {measure_id})
    left = files - _named(connection)
    names = tuple(handed_in_name(digest) for digest in sorted(left))
    return Erased(kind="measure", subject=f"measure:{measure_id}", row_count=count, files=names)


def overdue_strikes(connection: Connection, limits: Limits) -> list[str]:
    """Strikes that stopped counting that long ago and that no measure rests on."""
    hosts = set(connection.scalars(select(StrikeRow.host_id).distinct()))
    resting = set(connection.scalars(select(MeasureCaseRow.case_id)))
    return [
        strike.case_id
        for strike in strikes_of(connection, hosts)
        if expires_at_ms(strike, limits.table) + limits.strike_days * DAY_MS <= limits.now_ms
        and strike.case_id not in resting
        and not _held(limits, host=[strike.host_id], case=[strike.case_id])
    ]


def erase_strike(connection: Connection, case_id: str) -> Erased:
    """The strike alone; its case has a clock of its own."""
    count = _delete(connection, [(StrikeRow, StrikeRow.case_id)], case_id)
    return Erased(kind="strike", subject=f"case:{case_id}", row_count=count)


def overdue_links(connection: Connection, limits: Limits) -> list[str]:
    """Hosts whose last broadcast and last link are that long ago, and against whom no measure is kept."""
    before = limits.before_ms["link"]
    rows = connection.execute(
        select(LinkRow.host_id)
        .group_by(LinkRow.host_id)
        .having(func.max(LinkRow.linked_at_ms) <= before)
        .where(
            ~exists().where(StreamRow.host_id == LinkRow.host_id, StreamRow.created_at_ms > before),
            ~exists().where(MeasureRow.host_id == LinkRow.host_id),
        )
    )
    return sorted(row.host_id for row in rows if not _held(limits, host=[row.host_id]))


def erase_link(connection: Connection, host_id: str) -> Erased:
    """The host's hashed identifiers."""
    count = _delete(connection, [(LinkRow, LinkRow.host_id)], host_id)
    return Erased(kind="link", subject=f"host:{host_id}", row_count=count)


def overdue_cases(connection: Connection, limits: Limits) -> list[str]:
    """Decided cases whose last change and last deal are that long ago, without strike or measure."""
    before = limits.before_ms["case"]
    dealt = (
        exists()
        .where(CaseFindingRow.case_id == CaseRow.case_id, DealRow.stream_id == CaseFindingRow.stream_id)
        .where(DealRow.at_ms > before)
    )
    rows = connection.execute(
        select(CaseRow.case_id, CaseRow.host_id).where(
            CaseRow.state.in_([state.value for state in FINAL]),
            CaseRow.changed_at_ms <= before,
            ~dealt,
            ~exists().where(MeasureCaseRow.case_id == CaseRow.case_id),
            ~exists().where(StrikeRow.case_id == CaseRow.case_id),
        )
    ).all()
    streams = _streams_of(connection, [row.case_id for row in rows])
    return sorted(
        row.case_id
        for row in rows
        if not _held(limits, case=[row.case_id], host=[row.host_id], stream=streams[row.case_id])
    )


def _streams_of(connection: Connection, case_ids: Sequence[str]) -> dict[str, list[str]]:
    """The broadcasts of each of these cases, asked for some at a time: a statement takes so many values and no more."""
    streams: dict[str, list[str]] = {case_id: [] for case_id in case_ids}
    for start in range(0, len(case_ids), _AT_ONCE):
        some = case_ids[start : start + _AT_ONCE]
        found = connection.execute(
            union_all(
                select(CaseFindingRow.case_id, CaseFindingRow.stream_id).where(CaseFindingRow.case_id.in_(some)),
                select(SupersededRow.case_id, SupersededRow.stream_id).where(SupersededRow.case_id.in_(some)),
            )
        )
        for row in found:
            streams[row.case_id].append(row.stream_id)
    return streams


def erase_case(connection: Connection, case_id: str) -> Erased:
    """The case with its decisions, complaints, findings and their clips."""
    found = [
        *connection.execute(
            select(CaseFindingRow.finding_id, CaseFindingRow.stream_id).where(CaseFindingRow.case_id == case_id)
        ),
        *connection.execute(
            select(SupersededRow.finding_id, SupersededRow.stream_id).where(SupersededRow.case_id == case_id)
        ),
    ]
    finding_ids = [row.finding_id for row in found]
    forget_bodies(connection, {case_id, *finding_ids})
    clips = _clips(connection, FindingRow.finding_id.in_(finding_ids))
    # A finding that took another's place has its clip, too; it is of the same broadcast, so that not all are looked at.
    others = FindingRow.stream_id.in_({row.stream_id for row in found}) & FindingRow.finding_id.not_in(finding_ids)
    clips -= _clips(connection, others & FindingRow.clip.in_(clips))
    count = _delete(
        connection,
        [
            (ComplaintRow, ComplaintRow.case_id),
            (DecisionRow, DecisionRow.case_id),
            (ProposalRow, ProposalRow.case_id),
            (DutyRow, DutyRow.case_id),
            (DeferralRow, DeferralRow.case_id),
            (BlindCaseRow, BlindCaseRow.case_id),
            (GoldenRow, GoldenRow.case_id),
            (CaseBandRow, CaseBandRow.case_id),
            (CaseFindingRow, CaseFindingRow.case_id),
            (SupersededRow, SupersededRow.case_id),
            (CaseRow, CaseRow.case_id),
        ],
        case_id,
    )
    count += forget_opinions(connection, SecondOpinionRow.finding_id.in_(finding_ids))
    for table in (ReanalysisFindingRow, FindingRow):
        count += connection.execute(delete(table).where(table.finding_id.in_(finding_ids))).rowcount
    files = (*sorted(clips), f"packs/{case_id}")
    return Erased(kind="case", subject=f"case:{case_id}", row_count=count, files=files, findings=tuple(finding_ids))


def overdue_broadcasts(connection: Connection, limits: Limits) -> list[str]:
    """Broadcasts whose end and last deal are that long ago and that no case or measure needs."""
    before = limits.before_ms["broadcast"]
    rows = connection.execute(
        select(StreamRow.stream_id, StreamRow.host_id).where(
            StreamRow.state.in_(_OVER),
            StreamRow.created_at_ms <= before,
            ~exists().where(SegmentRow.stream_id == StreamRow.stream_id, SegmentRow.received_at_ms > before),
            ~exists().where(and_(DealRow.stream_id == StreamRow.stream_id, DealRow.at_ms > before)),
            ~exists().where(CaseFindingRow.stream_id == StreamRow.stream_id),
            ~exists().where(SupersededRow.stream_id == StreamRow.stream_id, SupersededRow.case_id.is_not(None)),
            ~exists().where(EvasionRow.stream_id == StreamRow.stream_id),
        )
    )
    free = [row for row in rows if not _held(limits, stream=[row.stream_id], host=[row.host_id])]
    return sorted(row.stream_id for row in free)


def erase_broadcast(connection: Connection, stream_id: str) -> Erased:
    """The broadcast: recording, transcript, findings and clips."""
    clips = _clips(connection, FindingRow.stream_id == stream_id)
    findings = connection.scalars(select(FindingRow.finding_id).where(FindingRow.stream_id == stream_id)).all()
    forget_bodies(connection, {stream_id, *findings})
    again = select(ReanalysisRow.reanalysis_id).where(ReanalysisRow.stream_id == stream_id)
    count = connection.execute(
        delete(ReanalysisFindingRow).where(ReanalysisFindingRow.reanalysis_id.in_(again))
    ).rowcount
    count += _delete(
        connection,
        [
            (SecondOpinionRow, SecondOpinionRow.stream_id),
            (SecondAnswerRow, SecondAnswerRow.stream_id),
            (ShadowScoreRow, ShadowScoreRow.stream_id),
            (ShadowStreamRow, ShadowStreamRow.stream_id),
            (SpotStreamRow, SpotStreamRow.stream_id),
            (SupersededRow, SupersededRow.stream_id),
            (CorrectionRow, CorrectionRow.stream_id),
            (FindingRow, FindingRow.stream_id),
            (PassageRow, PassageRow.stream_id),
            (StretchRow, StretchRow.stream_id),
            (StreamSignalRow, StreamSignalRow.stream_id),
            (StreamConditionRow, StreamConditionRow.stream_id),
            (SegmentRow, SegmentRow.stream_id),
            (GapRow, GapRow.stream_id),
            (CoverageRow, CoverageRow.stream_id),
            (CursorRow, CursorRow.stream_id),
            (DealRow, DealRow.stream_id),
            (ComplaintRow, ComplaintRow.stream_id),
            (ReplayMemoryRow, ReplayMemoryRow.stream_id),
            (ReanalysisRow, ReanalysisRow.stream_id),
            (StreamRow, StreamRow.stream_id),
        ],
        stream_id,
    )
    files = (*sorted(clips), f"recordings/{stream_id}")
    return Erased(
        kind="broadcast", subject=f"stream:{stream_id}", row_count=count, files=files, findings=tuple(findings)
    )


def overdue_tallies(connection: Connection, limits: Limits) -> list[str]:
    """Days that long ago on which findings are still counted by host."""
    before = datetime.fromtimestamp(limits.before_ms["broadcast"] / 1000, UTC).toordinal()
    days = connection.scalars(
        select(TallyRow.day)
        .where(TallyRow.dimension == _BY_HOST, TallyRow.day < before)
        .distinct()
        .order_by(TallyRow.day)
    )
    return [str(day) for day in days]


def erase_tally(connection: Connection, day: str) -> Erased:
    """A day's counts by host; those by class and category name nobody and stay."""
    gone = connection.execute(delete(TallyRow).where(TallyRow.dimension == _BY_HOST, TallyRow.day == int(day)))
    return Erased(kind="broadcast", subject=f"tally:{day}", row_count=gone.rowcount)


STEPS: tuple[tuple[Callable[[Connection, Limits], list[str]], Callable[[Connection, str], Erased]], ...] = (
    (overdue_measures, erase_measure),
    (overdue_strikes, erase_strike),
    (overdue_links, erase_link),
    (overdue_cases, erase_case),
    (overdue_broadcasts, erase_broadcast),
    (overdue_tallies, erase_tally),
)


def _held(limits: Limits, **subjects: Collection[str]) -> bool:
    return any(f"{kind}:{name}" in limits.held for kind, names in subjects.items() for name in names)


def _delete(connection: Connection, tables: Iterable[tuple[type[DeclarativeBase], Any]], value: str) -> int:
    return sum(connection.execute(delete(table).where(column == value)).rowcount for table, column in tables)


def _clips(connection: Connection, condition: Any) -> set[str]:
    return {clip for clip in connection.scalars(select(FindingRow.clip).where(condition)) if clip}


def _named(connection: Connection) -> set[str]:
    """The files that some answer or appeal still names."""
    lists = [*connection.scalars(select(AppealRow.files)), *connection.scalars(select(DefenceRow.files))]
    return {str(file["sha256"]) for files in lists for file in files}

"""A desk's database of any size: hosts, broadcasts, findings, cases, decisions, in realistic shares.

The same seed gives the same rows. They go in by each database's own bulk door: the store's, a transaction a segment,
would take days.
"""

import random
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, timezone

from sqlalchemy import Engine, text

from bench.bulk import insert_rows
from bench.desk_learnt import POLICY, DecidedCase, write_learnt
from bench.desk_office import OfficeCase, write_offices
from bench.sample import SAMPLE
from claims.types import Disposition
from review.cases.grouping import script_bands, script_of
from review.cases.priority import PriorityFactors, rank_of, reasons
from review.cases.tally import Filed, found_rows, tally_rows
from review.cases.types import CaseState, Choice
from review.db.tables.analytics import FoundDayRow, TallyRow
from review.db.tables.base import CounterRow
from review.db.tables.cases import CaseBandRow, CaseFindingRow, CaseRow, DecisionRow
from review.db.tables.streams import CoverageRow, FindingRow, GapRow, PassageRow, StreamRow
from review.db.tenant_ids import LOCAL_TENANT
from review.streams.rows import finding_values

NOW = datetime(2026, 11, 24, 20, tzinfo=timezone(timedelta(hours=8)))
NOW_MS = int(NOW.timestamp() * 1000)
_DAY_MS = 86_400_000
_DAYS = 60
_CACHE_KIB = 1_000_000
# Class, rule, share of the findings, severity, and how often people agree.
_KINDS = (
    ("ABS_SUPERLATIVE", "strong_word", 0.28, "medium", 0.82),
    ("SPEC_PARAM", "quantity", 0.17, "medium", 0.91),
    ("PRICE_ORIGINAL", "list_price", 0.14, "high", 0.78),
    ("HEALTHFUNC_FOOD", "function", 0.12, "high", 0.85),
    ("DISEASE_FOOD", "disease", 0.07, "critical", 0.88),
    ("CERT_QUALIFICATION", "certificate", 0.06, "high", 0.71),
    ("PRICE_LOWEST", "lowest", 0.05, "medium", 0.83),
    ("ORIGIN", "place", 0.04, "medium", 0.76),
    ("EFFICACY_GUARANTEE", "guarantee", 0.03, "high", 0.64),
    ("RANK_FIRST", "rank", 0.02, "medium", 0.80),
    ("COMPOSITION", "material", 0.01, "high", 0.90),
    ("WEIGHT_LOSS", "slim", 0.01, "critical", 0.87),
)
_CATEGORIES = ("electronics/charger", "food/honey", "cosmetics/sunscreen", "apparel/shirt", "home/mattress", None)
_STATES = (
    (CaseState.CONFIRMED, 0.36),
    (CaseState.CLEARED, 0.22),
    (CaseState.OPEN, 0.34),
    (CaseState.SECOND_REVIEW, 0.03),
    (CaseState.SENIOR_REVIEW, 0.02),
    (CaseState.PROOF, 0.03),
)
_WORDS = "这款充电器总功率可以做到一百瓦全网最好原价五百九十九蜂蜜养胃降血糖纯棉国家级专利医生推荐进口第一"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much there is; the largest share of findings is in cases, a fifth is notes."""

    cases: int
    findings: int
    hosts: int
    streams_a_host: int
    scripts: int


def size_of(findings: int) -> Size:
    """As much of everything as belongs to so many findings."""
    hosts = max(1, findings // 500)
    return Size(
        cases=max(1, findings // 10), findings=findings, hosts=hosts, streams_a_host=5, scripts=max(1, findings // 250)
    )


FULL = Size(cases=100_000, findings=1_000_000, hosts=2_000, streams_a_host=5, scripts=4_000)
SMALL = Size(cases=300, findings=3_000, hosts=20, streams_a_host=3, scripts=40)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    id: str
    host: int
    class_id: str
    rule: str
    severity: str
    category: str | None
    state: CaseState
    opened_at_ms: int
    script: int


class Material:
    """The rows of one size; each table's rows in an order that its foreign keys allow."""

    def __init__(self, size: Size, seed: int = 7) -> None:
        self.size = size
        self._random = random.Random(seed)
        self._scripts = [self._script() for _ in range(size.scripts)]
        self._cases = [self._case() for _ in range(size.cases)]
        self._members: list[list[tuple[str, int]]] = [[] for _ in self._cases]

    def write(self, engine: Engine) -> None:
        """Fills an empty database whose schema is up to date."""
        with engine.execution_options(writes=True).begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql(f"pragma cache_size = -{_CACHE_KIB}")
            insert_rows(connection, StreamRow, self._streams())
            insert_rows(connection, CoverageRow, self._coverage())
            insert_rows(connection, GapRow, self._gaps())
            insert_rows(connection, PassageRow, self._passages())
            insert_rows(connection, FindingRow, self._findings())
            insert_rows(connection, CaseRow, self._case_rows())
            insert_rows(connection, CaseFindingRow, self._case_findings())
            insert_rows(connection, CaseBandRow, self._bands())
            insert_rows(connection, DecisionRow, self._decisions())
            insert_rows(connection, TallyRow, tally_rows(self._filed()))
            insert_rows(connection, FoundDayRow, found_rows(self._filed()))
            began = [
                (f"s{host}-{turn}", int(self._started(host, turn).timestamp() * 1000))
                for host, turn in self._stream_ids()
            ]
            decided = [*self._blind_able()]
            write_learnt(connection, began, decided, NOW_MS)
            write_offices(connection, began, [*self._of_offices(decided)])
            counters = {"case": self.size.cases, "finding": self.size.findings}
            insert_rows(connection, CounterRow, ({"name": name, "value": value} for name, value in counters.items()))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("vacuum analyze" if engine.dialect.name == "postgresql" else "analyze"))

    def _script(self) -> str:
        return "".join(self._random.choices(_WORDS, k=self._random.randint(8, 24)))

    def _case(self) -> _Case:
        pick = self._random
        class_id, rule, _, severity, agreed = pick.choices(_KINDS, [kind[2] for kind in _KINDS])[0]
        state = pick.choices([state for state, _ in _STATES], [share for _, share in _STATES])[0]
        if state in {CaseState.CONFIRMED, CaseState.CLEARED}:
            state = CaseState.CONFIRMED if pick.random() < agreed else CaseState.CLEARED
        waits = state in {CaseState.OPEN, CaseState.SECOND_REVIEW, CaseState.SENIOR_REVIEW}
        age_ms = int(pick.expovariate(1 / (_DAY_MS if waits else 20 * _DAY_MS))) % (_DAYS * _DAY_MS)
        return _Case(
            id=str(uuid.UUID(int=pick.getrandbits(128), version=4)),
            host=int(self.size.hosts * pick.random() ** 2),
            class_id=class_id,
            rule=f"{class_id}.{rule}",
            severity=severity,
            category=pick.choice(_CATEGORIES),
            state=state,
            opened_at_ms=NOW_MS - age_ms,
            script=pick.randrange(self.size.scripts),
        )

    def _stream_ids(self) -> Iterator[tuple[int, int]]:
        return ((host, turn) for host in range(self.size.hosts) for turn in range(self.size.streams_a_host))

    def _started(self, host: int, turn: int) -> datetime:
        days = _DAYS * (turn + 1) // (self.size.streams_a_host + 1)
        return NOW - timedelta(days=days, hours=(host * 7) % 12)

    def _streams(self) -> Iterator[dict[str, object]]:
        for host, turn in self._stream_ids():
            yield {
                "stream_id": f"s{host}-{turn}",
                "source": "https://live.example/room.m3u8",
                "host_id": f"h{host}",
                "host_name": f"主播{host}",
                "platform": ("a", "b", "c")[host % 3],
                "title": f"第 {turn} 场",
                "started_at": self._started(host, turn).isoformat(),
                "products": [{"product_id": "p1", "name": "双口氮化镓充电器"}],
                # A hundred of the ten thousand are on air.
                "state": "live" if turn == 0 and host % 20 == 0 else "ended",
                "error": None,
                "created_at_ms": int(self._started(host, turn).timestamp() * 1000),
            }

    def _coverage(self) -> Iterator[dict[str, object]]:
        for host, turn in self._stream_ids():
            span = {"span_ms": 4 * 3_600_000, "analysed_ms": 4 * 3_600_000 - 60_000, "waiting_ms": 0}
            yield {"stream_id": f"s{host}-{turn}", **span}

    def _gaps(self) -> Iterator[dict[str, object]]:
        for host, turn in self._stream_ids():
            for number, kind in enumerate(("network", "publisher")):
                start = (number + 1) * 1_000_000
                span = {"start_ms": start, "end_ms": start + 30_000, "kind": kind, "why": "the server was silent"}
                yield {"stream_id": f"s{host}-{turn}", **span}

    def _passages(self) -> Iterator[dict[str, object]]:
        for host, turn in self._stream_ids():
            for number in range(20):
                start = number * 720_000
                yield {
                    "stream_id": f"s{host}-{turn}",
                    "id": f"u{number}",
                    "channel": "speech",
                    "start_ms": start,
                    "end_ms": start + 8000,
                    "text": self._scripts[(host + number) % len(self._scripts)],
                    "product_id": "p1",
                    "unconfirmed": [],
                }

    def _findings(self) -> Iterator[dict[str, object]]:
        pick = self._random
        for number in range(self.size.findings):
            # The first finding of each case, and then more of them where there are many already.
            index = number if number < self.size.cases else int(self.size.cases * pick.random() ** 1.5)
            case = self._cases[index]
            noted = number >= self.size.cases and number % 5 == 4
            host, turn = case.host, pick.randrange(self.size.streams_a_host)
            finding_id = f"f{number:07}"
            start = pick.randrange(20) * 720_000
            script = self._scripts[case.script]
            finding = replace(
                SAMPLE,
                finding_id=finding_id,
                stream_id=f"s{host}-{turn}",
                start_ms=start,
                end_ms=start + 4000,
                quote=script,
                normalised=script,
                class_id=case.class_id,
                rule=case.rule,
                severity=case.severity,
                score=round(pick.uniform(0.6, 0.99), 3),
                disposition=Disposition.NOTE if noted else Disposition.FLAG,
            )
            if not noted:
                self._members[index].append((finding_id, turn))
            seqs = {"created_seq": number + 1, "updated_seq": number + 1}
            yield finding_values(finding, host_id=f"h{host}", clip_start_ms=None, **seqs)

    def _case_rows(self) -> Iterator[dict[str, object]]:
        for number, case in enumerate(self._cases):
            members = self._members[number]
            score = 0.5 + 0.49 * ((number * 37) % 100) / 100
            factors = PriorityFactors(
                severity=case.severity,
                score=score,
                flag_at=0.6,
                said_count=len(members),
                stream_count=len({turn for _, turn in members}),
                reach=0,
                opened_at_ms=case.opened_at_ms,
            )
            script = self._scripts[case.script]
            state = case.state
            yield {
                "case_id": case.id,
                "case_key": f"{number:032x}",
                "host_id": f"h{case.host}",
                "host_name": f"主播{case.host}",
                "platform": ("a", "b", "c")[case.host % 3],
                "product_id": "p1",
                "product_name": "双口氮化镓充电器",
                "class": case.class_id,
                "category": case.category,
                "severity": case.severity,
                "quote": script,
                "script": script,
                "state": state.value,
                "rank": rank_of(factors),
                "why": [asdict(reason) for reason in reasons(factors)],
                "opened_at_ms": factors.opened_at_ms,
                "changed_at_ms": factors.opened_at_ms,
                "changed_seq": number + 1,
                "finding_count": len(members),
                "stream_count": factors.stream_count,
                "said_count": len(members),
                "top_finding_id": members[0][0],
                "score": score,
                "reach": 0,
                "complained": False,
                "sampled": number % 10 == 0,
                "version": 1,
                "rule": case.rule,
                "policy": POLICY,
                "claimed_by": None,
                "claimed_until_ms": None,
            }

    def _case_findings(self) -> Iterator[dict[str, object]]:
        for case, members in zip(self._cases, self._members, strict=True):
            for finding_id, turn in members:
                stream_id = f"s{case.host}-{turn}"
                yield {"finding_id": finding_id, "case_id": case.id, "stream_id": stream_id}

    def _blind_able(self) -> Iterator[DecidedCase]:
        for case, members in zip(self._cases, self._members, strict=True):
            finding_id, turn = members[0]
            yield DecidedCase(
                id=case.id,
                finding_id=finding_id,
                stream_id=f"s{case.host}-{turn}",
                class_id=case.class_id,
                goods=(case.category or "-").partition("/")[0],
                state=case.state,
                opened_at_ms=case.opened_at_ms,
            )

    def _of_offices(self, decided: Iterable[DecidedCase]) -> Iterator[OfficeCase]:
        for case, one in zip(self._cases, decided, strict=True):
            yield OfficeCase(case=one, host_id=f"h{case.host}", severity=case.severity)

    def _bands(self) -> Iterator[dict[str, object]]:
        known: dict[tuple[int, str], list[str]] = {}
        for case in self._cases:
            key = (case.script, case.class_id)
            if key not in known:
                words = script_of(replace(SAMPLE, normalised=self._scripts[key[0]]))
                known[key] = sorted(set(script_bands(words, key[1])))
            for band in known[key]:
                yield {"band": band, "case_id": case.id}

    def _decisions(self) -> Iterator[dict[str, object]]:
        number = 0
        for index, case in enumerate(self._cases):
            for step, (before, after, undone) in enumerate(_history(case.state, index)):
                number += 1
                cleared = after is CaseState.CLEARED
                choice = (
                    Choice.LAWFUL if cleared else Choice.NEEDS_PROOF if after is CaseState.PROOF else Choice.VIOLATES
                )
                at_ms = case.opened_at_ms + (step + 1) * 3_600_000
                yield {
                    "decision_id": f"d{number:035}",
                    "case_id": case.id,
                    "request_id": f"r{number}",
                    "person_id": f"person-{(index + step) % 30}",
                    "choice": choice.value,
                    "reason": "true" if cleared else "as_found",
                    "class": None,
                    "note": "",
                    "before": before.value,
                    "after": after.value,
                    "decided_at_ms": at_ms,
                    "undone_at_ms": at_ms + 4000 if undone else None,
                    "rule": case.rule,
                    "policy": POLICY,
                }

    def _filed(self) -> Iterator[Filed]:
        for case, members in zip(self._cases, self._members, strict=True):
            host, category = case.host, case.category
            for _, turn in members:
                yield Filed(
                    tenant_id=LOCAL_TENANT,
                    rule=case.rule,
                    policy=POLICY,
                    class_id=case.class_id,
                    host_id=f"h{host}",
                    category=category,
                    said_at=self._started(host, turn),
                )


def _history(state: CaseState, index: int) -> Iterator[tuple[CaseState, CaseState, bool]]:
    """Decisions that lead to the state: before, after, and whether it was taken back."""
    opened, second, senior = CaseState.OPEN, CaseState.SECOND_REVIEW, CaseState.SENIOR_REVIEW
    if state is opened:
        return
    if index % 100 == 3:
        yield opened, CaseState.CONFIRMED, True
    if state is second:
        yield opened, second, False
    elif state is senior:
        yield opened, second, False
        yield second, senior, False
    elif index % 10 == 0:
        yield opened, second, False
        yield second, state, False
    elif index % 50 == 7 and state is not CaseState.PROOF:
        yield opened, CaseState.CONFIRMED, False
        yield senior, state, False
    else:
        yield opened, state, False

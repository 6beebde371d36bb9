"""Who acts in these tests, and what they do most."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from claims.types import Finding
from review.accounts.store import Login, PeopleStore
from review.accounts.types import Person, Role
from review.cases.decisions import Submission
from review.cases.types import Choice
from review.enforcement.penalty_table import DAY_MS
from review.enforcement.types import Appeal, MeasureKind, Notice, Remaining, Ruling, Wanted
from review.stores import Stores

REVIEWER = Person(id="r1", name="甲", role=Role.REVIEWER)
OTHER = Person(id="r2", name="乙", role=Role.REVIEWER)
SENIOR = Person(id="s1", name="丙", role=Role.SENIOR)
OTHER_SENIOR = Person(id="s2", name="丁", role=Role.SENIOR)
THIRD_SENIOR = Person(id="s3", name="己", role=Role.SENIOR)
AUDITOR = Person(id="a1", name="戊", role=Role.AUDITOR)
EVERYBODY = (REVIEWER, OTHER, SENIOR, OTHER_SENIOR, THIRD_SENIOR, AUDITOR)


ROLES = {
    "anna": Role.REVIEWER,
    "bo": Role.REVIEWER,
    "chen": Role.SENIOR,
    "dai": Role.SENIOR,
    "eva": Role.SENIOR,
    "dora": Role.AUDITOR,
    "fang": Role.ADMIN,
}


def let_in(people: PeopleStore, login: str) -> Login:
    """A session of this person, without the cost of a password."""
    return people.log_in_known("test", login, login, login.title(), ROLES[login])


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    @property
    def ms(self) -> int:
        return int(self.now.timestamp() * 1000)

    def wait(self, milliseconds: int) -> None:
        self.now += timedelta(milliseconds=milliseconds)


def confirm(stores: Stores, finding: Finding, person: Person = REVIEWER) -> str:
    """Adds the finding and confirms its case."""
    stores.stream_writer.add_findings([finding])
    case_id = stores.cases.case_of(finding.finding_id)
    assert case_id is not None
    decide(stores, case_id, person, Choice.VIOLATES, "as_found")
    return case_id


def decide(stores: Stores, case_id: str, person: Person, choice: Choice, reason: str) -> None:
    """One decision on the case as it stands."""
    case = stores.cases.case(case_id)
    request_id = f"{case_id[:20]}-{case.version}-{person.id}"
    stores.cases.decide(
        Submission(case_id=case_id, version=case.version, request_id=request_id, choice=choice, reason=reason), person
    )


def decide_whole(
    stores: Stores, appeal_id: str, person: Person, *, overturn: bool, reasons_zh: str, reasons_en: str = ""
) -> Appeal:
    """Decides an appeal alike in all its cases; what stands carries the measure as it was."""
    measure = stores.enforcement.appeal_file(appeal_id, "a1")[1].measure
    rulings = [
        Ruling(
            case_id=case_id,
            stands=not overturn,
            why="rule_wrong" if overturn else "",
            reasons_zh=reasons_zh,
            reasons_en=reasons_en,
        )
        for case_id in measure.case_ids
    ]
    left = None if overturn else Remaining(kind=measure.kind)
    return stores.enforcement.decide_appeal(appeal_id, person, rulings, left)


def due_kinds(stores: Stores) -> list[str]:
    """What the platform was told of measures and appeals, in order."""
    families = {"measure", "appeal", "evasion", "complaint"}
    return [e.kind for e in stores.events.after("local", limit=1000) if e.kind.partition(".")[0] in families]


def notice(now_ms: int, **changes: Any) -> Notice:
    """A whole notice of a term that begins in ten days and lasts thirty, as notices were before they were composed."""
    values: dict[str, Any] = {
        "facts_zh": "2026-11-24 直播间称“总功率可以做到一百瓦”",
        "reasons_zh": "与登记参数不符",
        "basis": ("广告法 28(2)(2)",),
        "starts_at_ms": now_ms + 10 * DAY_MS,
        "ends_at_ms": now_ms + 40 * DAY_MS,
        "appeal_zh": "专用网址",
    }
    return Notice(**(values | changes))


def wanted(case_ids: Sequence[str], now_ms: int, **changes: Any) -> Wanted:
    """A complete proposal to put host h1 on the blacklist, for thirty days that begin in ten."""
    values: dict[str, Any] = {
        "host_id": "h1",
        "kind": MeasureKind.BLACKLIST,
        "case_ids": tuple(case_ids),
        "starts_at_ms": now_ms + 10 * DAY_MS,
        "term_days": 30,
        "breach": "广告法 28(2)(2)",
        "serious_why": "多次虚假宣传核心参数，购买者众多",
    }
    return Wanted(**(values | changes))

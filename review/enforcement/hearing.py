"""When a host may answer or appeal, what may be handed in, and who may decide: pure."""

from collections.abc import Collection, Sequence

from review.accounts.types import Person, Role
from review.enforcement.errors import AppealRefused
from review.enforcement.penalty_table import DAY_MS, Measures, StatementLimits
from review.enforcement.types import Appeal, AppealState, HandedIn, Measure, MeasureState

_DECIDES = frozenset({Role.SENIOR, Role.ADMIN})
_APPEALABLE = frozenset({MeasureState.IN_FORCE, MeasureState.ENDED})
_MAY_FOLLOW = frozenset({AppealState.UPHELD, AppealState.VARIED})


def may_answer(measure: Measure, now_ms: int, *, answered: bool) -> bool:
    """True while the host can be heard before the measure."""
    return measure.state is MeasureState.PROPOSED and now_ms < measure.lapses_at_ms and not answered


def may_appeal(measure: Measure, appeals: Sequence[Appeal], now_ms: int) -> bool:
    """True while the host can appeal: the measure was approved, its time is not over, and no appeal is open or won."""
    in_time = measure.appeal_due_ms is not None and now_ms < measure.appeal_due_ms
    free = all(appeal.state in _MAY_FOLLOW for appeal in appeals)
    return measure.state in _APPEALABLE and in_time and free


def filed(
    appeal_id: str,
    measure: Measure,
    appeals: Sequence[Appeal],
    statement: str,
    files: tuple[HandedIn, ...],
    table: Measures,
    now_ms: int,
) -> Appeal:
    """The appeal as filed; AppealRefused says why it is not taken."""
    if not may_appeal(measure, appeals, now_ms):
        why = f"the measure is {measure.state}, an appeal is open already, or the time for it is over"
        raise AppealRefused(f"measure {measure.id}", why, code="not_now")
    return Appeal(
        id=appeal_id,
        measure_id=measure.id,
        statement=checked_statement(statement, table.statements),
        files=checked_files(files, table.statements),
        state=AppealState.FILED,
        filed_at_ms=now_ms,
        decide_due_ms=now_ms + table.deadlines.appeal_decision_days * DAY_MS,
    )


def check_decider(appeal: Appeal, person: Person, had_part: Collection[str]) -> None:
    """AppealRefused if it was decided already, by this role, or by one who had a part in the measure."""
    name = f"appeal {appeal.id}"
    if appeal.state is not AppealState.FILED:
        raise AppealRefused(name, f"it is {appeal.state} already", code="decided")
    if person.role not in _DECIDES:
        raise AppealRefused(name, "a senior decides it", code="senior_only")
    if person.id in had_part:
        raise AppealRefused(name, "somebody who had no part in the measure decides it", code="had_part")


def checked_statement(statement: str, limits: StatementLimits) -> str:
    """The statement without control characters; AppealRefused if it is empty or too long."""
    text = "".join(char for char in statement if char >= " " or char in "\n\t").strip()
    if not text:
        raise AppealRefused("statement", "it is empty", code="empty")
    if len(text) > limits.longest_chars:
        raise AppealRefused("statement", f"it has more than {limits.longest_chars} characters", code="too_long")
    return text


def checked_files(files: tuple[HandedIn, ...], limits: StatementLimits) -> tuple[HandedIn, ...]:
    """The files; AppealRefused if there are too many."""
    if len(files) > limits.most_files:
        raise AppealRefused("files", f"more than {limits.most_files}", code="too_many_files")
    return files

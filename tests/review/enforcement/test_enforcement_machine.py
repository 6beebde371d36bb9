"""Whatever people do in whatever order, due process holds: driven by Hypothesis over a real database."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from claims.law.texts import laws_of
from claims.types import Finding
from review.accounts.types import Person
from review.cases.types import CaseState, Choice
from review.db.engine import open_engine
from review.enforcement.errors import AppealRefused, MeasureRefused
from review.enforcement.legal_reference import LegalReference
from review.enforcement.measure_states import missing_part
from review.enforcement.penalty_table import DAY_MS, read_measures, read_retention
from review.enforcement.store import EnforcementSetup
from review.enforcement.types import AppealState, HostFile, MeasureKind, MeasureState
from review.errors import CaseChanged, DecisionRefused
from review.stores import Stores
from review.streams.types import Host, StreamRecord, StreamState
from tests.review.enforcement.people import (
    AUDITOR,
    EVERYBODY,
    OTHER_SENIOR,
    SENIOR,
    THIRD_SENIOR,
    Clock,
    confirm,
    decide,
    decide_whole,
    wanted,
)
from tests.review.sample import FINDING

CONFIGS = Path(__file__).parents[3] / "configs" / "enforcement"
TABLE = read_measures(CONFIGS)
SENIORS = (SENIOR, OTHER_SENIOR, THIRD_SENIOR)
PEOPLE = st.sampled_from([*EVERYBODY, *SENIORS, *SENIORS])
CRITICAL = replace(FINDING, severity="critical", start_ms=0, end_ms=1000)


def finding(number: int) -> Finding:
    return replace(CRITICAL, finding_id=f"f{number}", quote=f"第{number}句", claimed=f"{number} W")


class DueProcess(RuleBasedStateMachine):
    """Cases are confirmed, undone and cleared; measures proposed, approved, appealed against; time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = Clock()
        reference = LegalReference(laws=laws_of(CONFIGS.parent / "laws" / "zh-CN.yaml"))
        setup = EnforcementSetup(
            measures=TABLE, retention=read_retention(CONFIGS), data_dir=self.folder, reference=reference
        )
        self.stores = Stores.over(
            open_engine(f"sqlite:///{self.folder / 'due.db'}"), now=self.clock, second_share=0.0, enforcement=setup
        )
        self.stores.stream_writer.put_stream(
            StreamRecord(
                stream_id="s1",
                source="x",
                host=Host(id="h1", name="小岚", platform="demo"),
                title="t",
                started_at=None,
                state=StreamState.LIVE,
            )
        )
        self.case_ids = [confirm(self.stores, finding(number)) for number in range(2)]
        self.held = self.file()
        self.tokens: dict[str, str] = {}
        self.overturned: set[str] = set()

    def teardown(self) -> None:
        self.stores.enforcement.expire()
        self.clock.wait(4000 * DAY_MS)
        self.stores.enforcement.expire()
        assert all(m.state not in {MeasureState.PROPOSED, MeasureState.IN_FORCE} for m in self.file().measures)
        assert self.stores.audit.verify() is None
        self.stores.close()
        shutil.rmtree(self.folder)

    def file(self) -> HostFile:
        return self.stores.enforcement.host_file("h1", "a1")

    def among(self, *states: MeasureState) -> list[str]:
        return [measure.id for measure in self.held.measures if measure.state in states]

    @initialize(
        stage=st.sampled_from(["", "proposed", "proposed", "in force", "appealed", "appealed"]), proposer=PEOPLE
    )
    def begin(self, stage: str, proposer: Person) -> None:
        """Some of the way is gone already, so that its end is reached in few steps."""
        if not stage or proposer is AUDITOR:
            return
        urgent = stage != "proposed"
        starts_at_ms = self.clock.ms + (0 if urgent else 10 * DAY_MS)
        choice = wanted(self.case_ids, self.clock.ms, starts_at_ms=starts_at_ms, urgent_why="正在播" if urgent else "")
        measure = self.stores.enforcement.propose(choice, proposer)
        self.tokens[measure.id] = self.stores.enforcement.issue_token(measure.id, proposer.id)
        if urgent:
            approver = next(senior for senior in SENIORS if senior is not proposer)
            self.stores.enforcement.approve(measure.id, approver)
        if stage == "appealed":
            self.stores.enforcement.appeal(self.tokens[measure.id], "不服")

    @rule(data=st.data(), person=PEOPLE)
    def reopen(self, data: st.DataObject, person: Person) -> None:
        case_id = self.case_ids[data.draw(st.integers(0, 1))]
        try:
            self.stores.cases.reopen(case_id, person)
        except DecisionRefused:
            return
        self.overturned.discard(case_id)

    @rule(
        data=st.data(), person=PEOPLE, choice=st.sampled_from([(Choice.VIOLATES, "as_found"), (Choice.LAWFUL, "true")])
    )
    def decide(self, data: st.DataObject, person: Person, choice: tuple[Choice, str]) -> None:
        try:
            decide(self.stores, self.case_ids[data.draw(st.integers(0, 1))], person, *choice)
        except (DecisionRefused, CaseChanged):
            return

    @rule(
        data=st.data(),
        person=PEOPLE,
        kind=st.sampled_from([MeasureKind.BLACKLIST, *MeasureKind]),
        part=st.sampled_from([*[""] * 9, "cases", "term_days", "breach"]),
        urgent=st.booleans(),
    )
    def propose(self, data: st.DataObject, person: Person, kind: MeasureKind, part: str, urgent: bool) -> None:
        now_ms = self.clock.ms
        rule = TABLE.measures[kind]
        changes: dict[str, Any] = {
            "kind": kind,
            "starts_at_ms": now_ms if urgent else now_ms + rule.defence_days * DAY_MS,
            "term_days": 0 if part == "term_days" else rule.longest_days,
            "urgent_why": "正在播" if urgent else "",
        }
        if part == "breach":
            changes["breach"] = data.draw(st.sampled_from(["", "明码标价和禁止价格欺诈规定 16(2)"]))
        chosen = data.draw(st.sampled_from([self.case_ids[:1], self.case_ids[1:], self.case_ids]))
        if part == "cases":
            chosen = data.draw(st.sampled_from([[], [*self.case_ids, "nobody's"]]))
        try:
            measure = self.stores.enforcement.propose(wanted(chosen, now_ms, **changes), person)
        except MeasureRefused:
            return
        self.tokens[measure.id] = self.stores.enforcement.issue_token(measure.id, person.id)

    @precondition(lambda self: self.among(MeasureState.PROPOSED))
    @rule(person=PEOPLE, decline=st.sampled_from([False] * 6 + [True]))
    def settle(self, person: Person, decline: bool) -> None:
        measure_id = self.among(MeasureState.PROPOSED)[0]
        try:
            if decline:
                self.stores.enforcement.reject(measure_id, person, "过重")
            else:
                self.stores.enforcement.approve(measure_id, person)
        except MeasureRefused:
            return

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), stray=st.sampled_from([False] * 6 + [True]))
    def the_host_speaks(self, data: st.DataObject, stray: bool) -> None:
        token = list(self.tokens.values())[-1 - data.draw(st.integers(0, 1)) % len(self.tokens)]
        page = self.stores.enforcement.page(token)
        appeal = (page.measure.state is not MeasureState.PROPOSED) ^ stray
        try:
            (self.stores.enforcement.appeal if appeal else self.stores.enforcement.answer)(token, "不服")
        except AppealRefused:
            assert not (page.may_appeal if appeal else page.may_answer)
        else:
            assert page.may_appeal if appeal else page.may_answer

    @precondition(lambda self: any(appeal.state is AppealState.FILED for appeal in self.held.appeals))
    @rule(person=PEOPLE, overturn=st.booleans())
    def decide_an_appeal(self, person: Person, overturn: bool) -> None:
        appeal = self.stores.enforcement.open_appeals()[0]
        part = self.stores.enforcement.had_part(appeal.id)
        cases = self.stores.enforcement.measure(appeal.measure_id, "a1").case_ids
        try:
            decide_whole(self.stores, appeal.id, person, overturn=overturn, reasons_zh="理由")
        except AppealRefused:
            return
        assert person.id not in part
        if overturn:
            self.overturned |= set(cases)

    @precondition(lambda self: self.clock.ms < Clock().ms + 60 * DAY_MS)
    @rule(days=st.integers(1, 12))
    def time_passes(self, days: int) -> None:
        self.clock.wait(days * DAY_MS)

    @rule()
    def the_job_runs(self) -> None:
        self.stores.enforcement.expire()
        assert self.stores.enforcement.expire() == 0
        now_ms = self.clock.ms
        for measure in self.file().measures:
            assert measure.state is not MeasureState.IN_FORCE or now_ms < measure.ends_at_ms
            assert measure.state is not MeasureState.PROPOSED or now_ms < measure.lapses_at_ms

    @invariant()
    def due_process_holds(self) -> None:
        self.held = self.file()
        self.no_measure_without_its_five_parts_and_its_people()
        self.a_strike_stands_for_a_confirmed_case_alone()
        self.an_overturned_appeal_leaves_no_measure()

    def no_measure_without_its_five_parts_and_its_people(self) -> None:
        for measure in self.held.measures:
            assert missing_part(measure.notice) is None
            if measure.approved_by is None:
                assert not measure.binds(measure.starts_at_ms)
                continue
            if measure.kind in {MeasureKind.SUSPENSION, MeasureKind.BLACKLIST}:
                assert measure.approved_by != measure.proposed_by
            if measure.kind is MeasureKind.BLACKLIST:
                statute = TABLE.statute_of(measure.breach)
                assert statute is not None
                assert statute.level != "rule"
            heard = self.stores.enforcement.page(self.tokens[measure.id]).defence is not None
            assert measure.approved_at_ms is not None
            assert heard or measure.urgent_why or measure.approved_at_ms >= measure.defence_due_ms

    def a_strike_stands_for_a_confirmed_case_alone(self) -> None:
        confirmed = {c for c in self.case_ids if self.stores.cases.case(c).state is CaseState.CONFIRMED}
        assert {strike.case_id for strike in self.held.strikes} == confirmed
        assert not confirmed & self.overturned

    def an_overturned_appeal_leaves_no_measure(self) -> None:
        won = {appeal.measure_id for appeal in self.held.appeals if appeal.state is AppealState.OVERTURNED}
        for measure in self.held.measures:
            assert (measure.state is MeasureState.LIFTED) or measure.id not in won
            bound = measure.binds(self.clock.ms)
            cleared = all(self.stores.cases.case(c).state is CaseState.CLEARED for c in measure.case_ids)
            assert not (bound and cleared)


TestDueProcess = pytest.mark.service(DueProcess.TestCase)
TestDueProcess.settings = settings(
    max_examples=20,
    stateful_step_count=12,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)

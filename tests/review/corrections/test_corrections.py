"""What a person corrects: the claim is judged anew, the case follows, and nothing is lost or comes back."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from claims.engine.conversation import ClaimEngine
from claims.policy.policy import Policy
from claims.types import Disposition, Finding, Passage
from review.accounts.types import Person
from review.cases.decisions import Submission
from review.cases.queries import CaseQuery
from review.cases.types import Case, CaseState, Choice
from review.corrections.errors import CorrectionRefused
from review.errors import CaseChanged, DecisionRefused
from review.replays.rejudging import passports_of
from review.stores import Stores
from review.streams.corrections import Correction, Judging, Rewording
from review.streams.types import FindingQuery
from tests.review.corrections.conftest import ANNA, BEST, BO, CHARGER, CHEN, HONEY, POWER, SUGAR, Clock, Correct
from tests.review.replays.stored import fill, passages_of

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
Find = Callable[[str], Case]
AGAIN = POWER.replace("一百瓦", "一百二十瓦")
TRUE = POWER.replace("一百瓦", "六十五瓦")


def decide(stores: Stores, case: Case, choice: Choice, person: Person = ANNA) -> None:
    reason = {Choice.VIOLATES: "as_found", Choice.LAWFUL: "true", Choice.UNSURE: "unclear_words"}[choice]
    given = Submission(
        case_id=case.id, version=case.version, request_id=f"d{case.version}", choice=choice, reason=reason
    )
    stores.cases.decide(given, person)


@BOTH
def test_the_case_follows_the_claim_and_keeps_what_was_heard(room: Stores, correct: Correct, case_of: Find) -> None:
    before = case_of("一百瓦")
    (old,) = room.cases.findings(before.id)
    made = correct("一百瓦", POWER, AGAIN, why="heard again")
    case = room.cases.case(before.id)
    (new,) = room.cases.findings(case.id)
    assert (case.state, case.quote, case.version > before.version) == (CaseState.OPEN, "总功率可以做到一百二十瓦", True)
    assert (new.finding.quote, new.finding.supersedes) == ("总功率可以做到一百二十瓦", old.finding.finding_id)
    assert new.finding.claimed == "120 W"
    assert new.finding.passport_version == old.finding.passport_version
    assert new.finding.policy == made.policy == old.finding.policy
    (gone,) = room.corrections.superseded(case.id)
    assert (gone.finding, gone.by) == (old.finding, new.finding.finding_id)
    stored = room.streams.finding(old.finding.finding_id).finding
    assert (stored.disposition, stored.superseded_by) == (Disposition.NONE, new.finding.finding_id)
    assert (made.heard, made.original, made.corrected, made.person_id) == (POWER, POWER, AGAIN, ANNA.id)
    assert room.corrections.of_case(case.id) == (made,)
    assert room.streams.passages("live")[1].text == AGAIN
    assert room.streams.passages("live")[1].verbatim
    (entry,) = room.audit.entries(subject=f"case:{case.id}")
    assert (entry.actor, entry.action) == (ANNA.id, "passage.corrected")
    assert POWER not in entry.details
    kinds = [(e.kind, e.subject) for e in room.events.after("local", 0, 1000)]
    assert kinds[-2:] == [("finding.created", new.finding.finding_id), ("finding.updated", old.finding.finding_id)]


@BOTH
def test_a_case_without_a_claim_is_decided_for_that_reason(room: Stores, correct: Correct, case_of: Find) -> None:
    before = case_of("一百瓦")
    made = correct("一百瓦", POWER, TRUE)
    case = room.cases.case(before.id)
    (decision,) = room.cases.decisions(case.id)
    assert made.found == ()
    assert (case.state, case.quote) == (CaseState.CLEARED, before.quote)
    assert (decision.choice, decision.reason, decision.person_id) == (Choice.LAWFUL, "transcript_corrected", ANNA.id)
    assert room.cases.findings(case.id) == ()
    assert [s.by for s in room.corrections.superseded(case.id)] == [None]
    assert room.cases.case_of(made.superseded[0]) == case.id
    assert [e.kind for e in room.events.after("local", 0, 1000)][-2:] == ["finding.updated", "decision.made"]


@pytest.mark.parametrize("second_share", [1.0])
def test_a_sampled_case_without_a_claim_is_decided_twice(room: Stores, correct: Correct, case_of: Find) -> None:
    case = case_of("一百瓦")
    correct("一百瓦", POWER, TRUE)
    assert room.cases.case(case.id).state is CaseState.SECOND_REVIEW
    with pytest.raises(DecisionRefused, match="decided once"):
        room.corrections.stand(case.id, "u1", BO)


@BOTH
def test_what_is_analysed_again_brings_nothing_back(
    room: Stores, correct: Correct, case_of: Find, tmp_path: Path
) -> None:
    correct("一百瓦", POWER, TRUE)
    cases = {c.id: (c.state, c.version) for c in room.cases.queue(CaseQuery(states=())).cases}
    findings = room.streams.findings(FindingQuery(stream_id="live")).findings
    last = room.events.after("local", 0, 1000)[-1].sequence
    for _ in range(2):
        fill(room, tmp_path, "live")
    assert {c.id: (c.state, c.version) for c in room.cases.queue(CaseQuery(states=())).cases} == cases
    assert room.streams.findings(FindingQuery(stream_id="live")).findings == findings
    assert [e.kind for e in room.events.after("local", last, 1000) if e.kind.startswith("finding")] == []
    assert room.streams.passages("live")[1].text == TRUE


@BOTH
def test_the_same_claim_said_once_more_elsewhere_is_found(room: Stores, correct: Correct, case_of: Find) -> None:
    (old,) = room.cases.findings(case_of("一百瓦").id)
    correct("一百瓦", POWER, TRUE)
    room.stream_writer.add_passages([Passage(stream_id="live", id="u9", start_ms=60_000, end_ms=64_000, text=POWER)])
    again = replace(old.finding, count=2, passage_ids=("u1", "u9"))
    for _ in range(2):
        room.stream_writer.add_findings([again])
    (new,) = [
        f.finding
        for f in room.streams.findings(FindingQuery(stream_id="live")).findings
        if "u9" in f.finding.passage_ids
    ]
    assert (new.passage_ids, new.start_ms, new.count) == (("u9",), 60_000, 1)
    assert new.finding_id != old.finding.finding_id
    case_id = room.cases.case_of(new.finding_id)
    assert case_id is not None
    assert room.cases.case(case_id).state is CaseState.OPEN


@BOTH
def test_the_same_correction_twice_is_one(room: Stores, correct: Correct) -> None:
    first = correct("一百瓦", POWER, AGAIN, request_id="one")
    assert correct("二十瓦", POWER, AGAIN, request_id="one", passage_id="u1") == first
    assert correct("二十瓦", POWER, AGAIN, request_id="two", passage_id="u1") == first
    assert room.corrections.of_case(first.case_id) == (first,)
    assert len(room.audit.entries(subject=f"case:{first.case_id}")) == 1


@BOTH
def test_who_comes_second_is_told_that_the_text_changed(room: Stores, correct: Correct, case_of: Find) -> None:
    correct("一百瓦", POWER, AGAIN)
    with pytest.raises(CaseChanged, match="一百二十瓦") as told:
        correct("二十瓦", POWER, TRUE, BO, passage_id="u1")
    assert told.value.code == "text_changed"


@BOTH
def test_of_several_at_once_one_is_taken(room: Stores, judging: Judging, case_of: Find) -> None:
    case = case_of("一百瓦")
    came: list[object] = []
    start = threading.Barrier(3)

    def send(number: int) -> None:
        text = POWER.replace("一百瓦", f"一百{'一二三'[number]}十瓦")
        given = Rewording(case_id=case.id, passage_id="u1", request_id=f"r{number}", original=POWER, corrected=text)
        start.wait()
        try:
            came.append(room.corrections.correct(given, ANNA, judging))
        except CaseChanged as changed:
            came.append(changed.code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(one) for one in came if isinstance(one, str)) == ["text_changed", "text_changed"]
    assert len(room.corrections.of_case(case.id)) == 1
    assert len(room.cases.findings(case.id)) == 1


def test_the_product_is_corrected_and_its_own_passport_counts(room: Stores, correct: Correct, case_of: Find) -> None:
    case = case_of("一百瓦")
    made = correct("一百瓦", POWER, POWER, product_id=HONEY)
    assert (made.product_before, made.product_after) == (CHARGER, HONEY)
    after = room.cases.case(case.id)
    assert all(f.finding.product_id == HONEY for f in room.cases.findings(case.id))
    assert after.state is CaseState.CLEARED or after.product_id == HONEY


def test_what_the_correction_makes_another_claim_is_another_claim(
    room: Stores, correct: Correct, case_of: Find
) -> None:
    case = case_of("全网最好")
    correct("全网最好", BEST, "这就是国家级的充电头，没有之一。", passage_id="u2")
    (new,) = room.cases.findings(case.id)
    after = room.cases.case(case.id)
    assert after.class_id == new.finding.class_id
    assert "国家级" in after.quote
    assert after.state is CaseState.OPEN


def test_correcting_back_brings_the_first_finding_back(room: Stores, correct: Correct, case_of: Find) -> None:
    case = case_of("一百瓦")
    (old,) = room.cases.findings(case.id)
    correct("一百瓦", POWER, AGAIN)
    correct("二十瓦", AGAIN, POWER, passage_id="u1")
    (now,) = room.cases.findings(case.id)
    assert (now.finding.finding_id, now.finding.superseded_by) == (old.finding.finding_id, None)
    assert now.finding.disposition is Disposition.FLAG
    assert [s.finding.claimed for s in room.corrections.superseded(case.id)] == ["120 W"]
    assert [c.corrected for c in room.corrections.of_case(case.id)] == [AGAIN, POWER]


def test_a_claim_that_stands_elsewhere_loses_one_saying_and_stays(
    room: Stores, correct: Correct, case_of: Find, tmp_path: Path
) -> None:
    case = case_of("一百瓦")
    (old,) = room.cases.findings(case.id)
    far = Passage(stream_id="live", id="u9", start_ms=120_000, end_ms=124_000, text=POWER)
    room.stream_writer.add_passages([far])
    room.stream_writer.add_findings([replace(old.finding, count=2, passage_ids=("u1", "u9"))])
    made = correct("一百瓦", POWER, TRUE)
    (now,) = room.cases.findings(case.id)
    assert made.superseded == ()
    assert (now.finding.finding_id, now.finding.count) == (old.finding.finding_id, 1)
    assert (now.finding.passage_ids, now.finding.start_ms) == (("u9",), 120_000)
    assert room.cases.case(case.id).state is CaseState.OPEN


def test_words_on_screen_are_corrected_alike(room: Stores, judging: Judging, case_of: Find) -> None:
    shown = Passage(
        stream_id="live",
        id="o1",
        channel="screen",
        start_ms=70_000,
        end_ms=72_000,
        text="国家级的充电头",
        product_id=CHARGER,
    )
    room.stream_writer.add_passages([shown])
    engine_findings = _found(judging, room, shown)
    room.stream_writer.add_findings(engine_findings)
    case = case_of("国家级")
    given = Rewording(case_id=case.id, passage_id="o1", request_id="r", original=shown.text, corrected="国产的充电头")
    made = room.corrections.correct(given, ANNA, judging)
    assert made.channel == "screen"
    assert next(p for p in room.streams.passages("live") if p.id == "o1").text == "国产的充电头"
    assert room.cases.case(case.id).state is CaseState.CLEARED


def _found(judging: Judging, room: Stores, passage: Passage) -> list[Finding]:
    stream = room.replays.stream("live", judging.data_dir)
    engine = ClaimEngine(judging.in_force, passports_of(judging.in_force, stream), at=stream.at)
    conversation = engine.conversation("live")
    conversation.hear(passage)
    conversation.flush()
    return conversation.findings


def test_who_holds_the_case_is_named(room: Stores, correct: Correct, case_of: Find, clock: Clock) -> None:
    room.cases.claim(case_of("一百瓦").id, BO)
    with pytest.raises(CaseChanged, match="bo is working on it") as told:
        correct("一百瓦", POWER, AGAIN)
    assert told.value.code == "taken"
    assert correct("一百瓦", POWER, AGAIN, BO).person_id == BO.id


def test_a_decided_case_is_not_corrected(room: Stores, correct: Correct, case_of: Find) -> None:
    decide(room, case_of("一百瓦"), Choice.VIOLATES, BO)
    with pytest.raises(DecisionRefused, match="confirmed already, decided by bo") as told:
        correct("一百瓦", POWER, AGAIN)
    assert told.value.code == "final"
    assert room.streams.passages("live")[1].text == POWER


def test_what_waits_for_a_senior_is_corrected_by_one(room: Stores, correct: Correct, case_of: Find) -> None:
    decide(room, case_of("一百瓦"), Choice.UNSURE)
    with pytest.raises(DecisionRefused, match="waits for a senior"):
        correct("一百瓦", POWER, AGAIN)
    assert correct("一百瓦", POWER, AGAIN, CHEN).person_id == CHEN.id


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"corrected": POWER}, "nothing_changed", id="nothing changes"),
        pytest.param({"corrected": "  "}, "text", id="no words"),
        pytest.param({"corrected": "一百\x1b[2J瓦"}, "text", id="an escape"),
        pytest.param({"corrected": "瓦" * 2001}, "text", id="too long"),
        pytest.param({"passage_id": "u2"}, "not_of_case", id="a passage of another case"),
        pytest.param({"product_id": "P-none"}, "unknown_product", id="a product that was not on sale"),
    ],
)
def test_what_cannot_be_corrected_so_is_refused_with_the_reason(
    room: Stores, judging: Judging, case_of: Find, changes: dict[str, str], code: str
) -> None:
    given = Rewording(case_id=case_of("一百瓦").id, passage_id="u1", request_id="r", original=POWER, corrected=AGAIN)
    with pytest.raises(CorrectionRefused) as told:
        room.corrections.correct(replace(given, **changes), ANNA, judging)
    assert told.value.code == code
    assert room.streams.passages("live")[1].text == POWER


def test_without_the_passport_of_its_time_nothing_is_judged_anew(
    room: Stores, correct: Correct, case_of: Find, tmp_path: Path
) -> None:
    for path in (tmp_path / "recordings" / "live").rglob("passport-*.json"):
        path.unlink()
    with pytest.raises(CorrectionRefused, match="no longer kept") as told:
        correct("一百瓦", POWER, AGAIN)
    assert told.value.code == "no_passport"


def test_the_policy_that_found_it_finds_it_anew(room: Stores, judging: Judging, case_of: Find) -> None:
    """Another policy is in force by now; the one by name is kept, and is asked."""
    asked: list[str] = []
    kept = judging.in_force
    other = type(kept)(kept.folder)
    other.settings = other.settings.model_copy(update={"version": "2099.1.1"})

    def by_name(name: str) -> Policy | None:
        asked.append(name)
        return kept

    given = Rewording(case_id=case_of("一百瓦").id, passage_id="u1", request_id="r", original=POWER, corrected=AGAIN)
    made = room.corrections.correct(given, ANNA, replace(judging, in_force=other, by_name=by_name))
    assert asked == [kept.name]
    assert made.policy == kept.name


def test_a_claim_in_another_decided_case_of_the_passage_is_in_the_way(
    room: Stores, correct: Correct, case_of: Find
) -> None:
    (old,) = room.cases.findings(case_of("一百瓦").id)
    room.stream_writer.add_findings(
        [
            replace(
                old.finding,
                finding_id="f_other",
                class_id="OFFSITE",
                quote="它的总功率",
                rule="OFFSITE.x",
                passport_path=None,
            )
        ]
    )
    other = case_of("它的总功率")
    decide(room, other, Choice.VIOLATES, BO)
    with pytest.raises(DecisionRefused, match=other.id):
        correct("一百瓦", POWER, AGAIN)


def test_a_replay_judges_the_corrected_words(room: Stores, correct: Correct, judging: Judging) -> None:
    correct("一百瓦", POWER, TRUE)
    stream = room.replays.stream("live", judging.data_dir)
    assert [p.text for p in stream.passages] == [TRUE if p.id == "u1" else p.text for p in passages_of("live")]
    assert all(s.said.quote != "总功率可以做到一百瓦" for s in room.replays.stored("live"))


def test_of_a_notice_and_the_list_the_words_are_the_corrected_ones(room: Stores, correct: Correct) -> None:
    corrected: Correction = correct("血糖", SUGAR, "血糖高的，每天早上喝一勺，血糖就稳下来了。", passage_id="u4")
    (case,) = (c for c in room.cases.queue(CaseQuery(states=())).cases if c.id == corrected.case_id)
    assert "降下来" not in case.quote or case.state is CaseState.CLEARED

"""What is in doubt is read again beside the broadcast: the finding is stored first, and the answer comes after it."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from claims.types import Disposition, ExemptionTrial, Finding, Passage
from review.accounts.types import Person, Role
from review.cases.decisions import Submission
from review.cases.types import CaseState, Choice
from review.stores import Stores
from tests.cluster.second_reader.rooms import HOST, SAID, config, doubtful, reading, room
from tests.cluster.second_reader.scripted import Response, Script, completion, data_of, saying, scripted

WANG = Person(id="p1", name="王", role=Role.REVIEWER)
pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
FLAG = {"disposition": Disposition.FLAG, "score": 0.65}


def read_again(stores: Stores, data_dir: Path, finding: Finding, script: Script, **changes: Any) -> Finding:
    """The finding as it stands once the script has answered."""
    with scripted(script) as server, reading(stores, data_dir, config(server.url, **changes)) as reader:
        stores.stream_writer.add_findings([finding])
        assert reader.settle(30)
    return stores.streams.finding(finding.finding_id).finding


@pytest.mark.parametrize(
    ("before", "answer", "disposition", "effect"),
    [
        pytest.param({}, "breach", Disposition.FLAG, "lifted", id="a note is lifted"),
        pytest.param(FLAG, "lawful", Disposition.NOTE, "lowered", id="a flag is lowered"),
        pytest.param({}, "lawful", Disposition.NOTE, "none", id="a note that it takes for lawful"),
        pytest.param(FLAG, "breach", Disposition.FLAG, "none", id="a flag that it takes for one"),
        pytest.param(FLAG, "unsure", Disposition.FLAG, "none", id="it is unsure"),
    ],
)
def test_an_answer_moves_the_finding_under_its_own_id(
    stores: Stores, tmp_path: Path, before: dict[str, Any], answer: str, disposition: Disposition, effect: str
) -> None:
    room(stores, tmp_path)
    finding = doubtful(**before)
    now = read_again(stores, tmp_path, finding, saying(answer))
    assert (now.finding_id, now.disposition, now.verdict) == (finding.finding_id, disposition, finding.verdict)
    said = now.second_reading
    assert said is not None
    assert (said.answer, said.effect, said.model) == (answer, effect, "scripted")
    assert said.prompt.startswith("zh-CN@")
    assert (said.score_before, said.disposition_before) == (finding.score, finding.disposition)
    assert now.score_steps[:-1] == finding.score_steps
    assert now.score_steps[-1].step == f"second reader: {answer}: 按前后文判断如此。"
    kinds = [event.kind for event in stores.events.after("local") if event.kind.startswith("finding.")]
    assert kinds == ["finding.created", "finding.updated"]


def test_a_lifted_note_opens_a_case_and_a_lowered_flag_goes_down_the_queue(stores: Stores, tmp_path: Path) -> None:
    room(stores, tmp_path)
    room(stores, tmp_path, "s2")
    lifted = read_again(stores, tmp_path, doubtful(), saying("breach"))
    assert stores.cases.case_of(lifted.finding_id) is not None
    lowered = read_again(stores, tmp_path, doubtful("s2", **FLAG, class_id="EFFICACY_GUARANTEE"), saying("lawful"))
    case_id = stores.cases.case_of(lowered.finding_id)
    assert case_id is not None
    case = stores.cases.case(case_id)
    assert case.state is CaseState.OPEN
    assert "second_reader" in {reason.code for reason in case.why}


def test_no_endpoint_changes_nothing(stores: Stores, tmp_path: Path) -> None:
    room(stores, tmp_path)
    stores.stream_writer.add_findings([doubtful()])
    assert stores.streams.finding("f_s1").finding == doubtful()
    assert not config("").is_on


def test_a_class_that_was_proposed_is_chosen_and_the_finding_names_what_took_its_place(
    stores: Stores, tmp_path: Path
) -> None:
    room(stores, tmp_path)
    finding = doubtful(**FLAG)
    left = read_again(stores, tmp_path, finding, saying("breach", **{"class": "EFFICACY_GUARANTEE"}))
    assert left.superseded_by is not None
    heir = stores.streams.finding(left.superseded_by).finding
    assert (heir.class_id, heir.disposition, heir.supersedes) == (
        "EFFICACY_GUARANTEE",
        Disposition.FLAG,
        finding.finding_id,
    )
    assert heir.law != finding.law
    case_id = stores.cases.case_of(heir.finding_id)
    assert case_id is not None
    assert stores.cases.case(case_id).class_id == "EFFICACY_GUARANTEE"
    # Said again, the claim stays what it became.
    stores.stream_writer.add_findings([replace(finding, count=2, passage_ids=("u1", "u9"))])
    assert stores.streams.finding(finding.finding_id).finding.superseded_by == heir.finding_id
    assert stores.streams.finding(heir.finding_id).finding.count == 2


def test_a_better_reading_of_what_was_heard_changes_the_quote(stores: Stores, tmp_path: Path) -> None:
    doubts = Passage.model_validate(
        {
            "stream_id": "s1",
            "id": "u1",
            "start_ms": 0,
            "end_ms": 1,
            "text": "老人家的雪堂慢慢就稳住了",
            "doubts": [{"start": 4, "end": 6, "alternatives": ["血糖"]}],
        }
    )
    room(stores, tmp_path, text=doubts.text, doubts=doubts.doubts)
    left = read_again(
        stores,
        tmp_path,
        doubtful(quote=doubts.text),
        saying("breach", reading=1, words=["血糖慢慢就稳住了"]),
    )
    heir = stores.streams.finding(left.superseded_by or "").finding
    assert (heir.quote, heir.supersedes, heir.class_id) == ("血糖慢慢就稳住了", "f_s1", "DISEASE_FOOD")
    assert heir.second_reading is not None
    assert heir.second_reading.reading == "老人家的血糖慢慢就稳住了"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"rule": "DISEASE_FOOD.gone"}, "protected", id="said outright"),
        pytest.param({"rule": "DISEASE_FOOD.unheard_of"}, "protected", id="found by a detector that nobody knows"),
    ],
)
def test_what_is_protected_is_read_only_if_wanted_and_never_moved(
    stores: Stores, tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    room(stores, tmp_path)
    finding = doubtful(**FLAG, **changes)
    with scripted(saying("lawful")) as server, reading(stores, tmp_path, config(server.url)) as reader:
        stores.stream_writer.add_findings([finding])
        assert reader.settle(30)
        assert server.asked == []
    given = config("")
    now = read_again(stores, tmp_path, finding, saying("lawful"), doubt=replace(given.doubt, protected=True))
    assert now.disposition is Disposition.FLAG
    assert now.score == finding.score
    assert now.second_reading is not None
    assert (now.second_reading.answer, now.second_reading.effect, now.second_reading.why) == ("lawful", "none", why)


def test_a_note_that_a_context_makes_one_is_not_lifted(stores: Stores, tmp_path: Path) -> None:
    room(stores, tmp_path)
    asked = (ExemptionTrial(id="question", applies=True, why="asked"),)
    now = read_again(stores, tmp_path, doubtful(exemptions=asked), saying("breach"))
    assert now.disposition is Disposition.NOTE
    assert now.second_reading is not None
    assert now.second_reading.why == "note_at_most"


@pytest.mark.parametrize("taken", ["held", "decided"])
def test_once_a_person_has_the_case_the_answer_is_shown_and_changes_nothing(
    stores: Stores, tmp_path: Path, taken: str
) -> None:
    room(stores, tmp_path)
    finding = doubtful(**FLAG)
    answered = threading.Event()

    def script(request: dict[str, Any]) -> Response:
        # Between the question and the answer somebody takes the case up.
        case_id = stores.cases.case_of(finding.finding_id)
        assert case_id is not None
        stores.cases.claim(case_id, WANG)
        if taken == "decided":
            version = stores.cases.case(case_id).version
            stores.cases.decide(
                Submission(
                    case_id=case_id, version=version, request_id="r1", choice=Choice.VIOLATES, reason="as_found"
                ),
                WANG,
            )
            stores.cases.release(case_id, WANG)
        answered.set()
        return saying("lawful")(request)

    now = read_again(stores, tmp_path, finding, script)
    assert answered.is_set()
    assert (now.disposition, now.score) == (finding.disposition, finding.score)
    assert now.second_reading is not None
    assert (now.second_reading.answer, now.second_reading.why) == ("lawful", taken)


def test_what_the_worker_writes_again_keeps_what_was_said(stores: Stores, tmp_path: Path) -> None:
    room(stores, tmp_path)
    finding = doubtful(**FLAG)
    read_again(stores, tmp_path, finding, saying("lawful"))
    stores.stream_writer.add_findings([replace(finding, count=2)])
    now = stores.streams.finding(finding.finding_id).finding
    assert (now.count, now.disposition) == (2, Disposition.NOTE)
    assert now.second_reading is not None
    other = replace(finding, quote="血糖慢慢就稳住了", score=0.9)
    stores.stream_writer.add_findings([other])
    assert stores.streams.finding(finding.finding_id).finding == other


def test_the_same_passage_is_asked_about_once(stores: Stores, tmp_path: Path) -> None:
    room(stores, tmp_path)
    room(stores, tmp_path, "s2")
    with scripted(saying("breach")) as server, reading(stores, tmp_path, config(server.url, at_once=1)) as reader:
        stores.stream_writer.add_findings([doubtful()])
        assert reader.settle(30)
        stores.stream_writer.add_findings([doubtful("s2")])
        assert reader.settle(30)
        assert len(server.asked) == 1
    assert stores.streams.finding("f_s2").finding.disposition is Disposition.FLAG
    assert stores.second_reader.figures().outcomes == {"answered": 1, "kept": 1}


def test_what_leaves_the_machine_names_no_host_and_holds_what_the_settings_say(stores: Stores, tmp_path: Path) -> None:
    room(stores, tmp_path)
    with scripted(saying("breach")) as server, reading(stores, tmp_path, config(server.url)) as reader:
        stores.stream_writer.add_findings([doubtful()])
        assert reader.settle(30)
    (asked,) = server.asked
    sent = str(asked)
    assert not any(private in sent for private in (HOST, "h-4711", "live.example", "s1", "demo", "岚岚专场"))
    data = data_of(asked)
    assert data["passage"]["text"] == SAID
    assert data["after"] == ["喜欢主播的点个关注"]
    assert set(data) == {"classes", "passage", "before", "after", "exemptions", "law", "goods", "passport"}
    assert data["law"][0]["text"]
    assert asked["response_format"]["json_schema"]["schema"]["properties"]["class"]["enum"] == [
        "DISEASE_FOOD",
        "EFFICACY_GUARANTEE",
    ]
    assert server.headers[0]["authorization"] == "Bearer sk-very-secret"


def test_less_is_sent_where_the_settings_say_so(stores: Stores, tmp_path: Path) -> None:
    room(stores, tmp_path)
    with scripted(saying("breach")) as server, reading(stores, tmp_path, config(server.url, sends=())) as reader:
        stores.stream_writer.add_findings([doubtful()])
        assert reader.settle(30)
    assert set(data_of(server.asked[0])) == {"classes", "passage"}


def test_decided_cases_that_are_alike_go_along(stores: Stores, tmp_path: Path) -> None:
    room(stores, tmp_path)
    room(stores, tmp_path, "s2")
    stores.stream_writer.add_findings([doubtful("s2", quote="血糖慢慢就稳住了", **FLAG)])
    case_id = stores.cases.case_of("f_s2")
    assert case_id is not None
    case = stores.cases.case(case_id)
    decision = Submission(
        case_id=case_id, version=case.version, request_id="r1", choice=Choice.VIOLATES, reason="as_found"
    )
    stores.cases.decide(decision, WANG)
    state = stores.cases.case(case_id).state
    with scripted(saying("breach")) as server, reading(stores, tmp_path, config(server.url), stream_id="s1") as reader:
        stores.stream_writer.add_findings([doubtful()])
        assert reader.settle(30)
    expected = [{"text": "血糖慢慢就稳住了", "answer": "breach"}] if state is CaseState.CONFIRMED else None
    assert data_of(server.asked[0]).get("decided") == expected


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param(lambda _: completion("I think it is fine."), "void", id="no JSON"),
        pytest.param(saying("lawful", words=["从来没说过的话"]), "void", id="words that nobody said"),
        pytest.param(saying("lawful", words=[]), "void", id="no words at all"),
        pytest.param(saying("lawful", **{"class": "OFFSITE"}), "void", id="a class that was not proposed"),
        pytest.param(saying("acquit"), "void", id="an answer that is none"),
        pytest.param(saying("lawful", reading=7), "void", id="a reading that there is not"),
        pytest.param(saying("lawful", reason="It is fine."), "void", id="another language"),
        pytest.param(saying("lawful", reason="没问题。已审。放行。"), "void", id="three sentences"),
        pytest.param(saying("lawful", verdict="supported"), "void", id="more than was asked for"),
        pytest.param(lambda _: Response(b"[]"), "failed", id="a list"),
        pytest.param(lambda _: Response(b'{"choices": []}'), "failed", id="no choice"),
        pytest.param(lambda _: Response(b"\xff\xfe", headers={"content-type": "text/html"}), "failed", id="no text"),
        pytest.param(lambda _: Response(b"{}", status=500), "failed", id="an error"),
        pytest.param(lambda _: Response(b"{}", status=429), "failed", id="too many requests"),
        pytest.param(lambda _: Response(cut=True), "failed", id="it hangs up"),
        pytest.param(lambda _: Response(b" " * 2_000_000), "failed", id="an answer without end"),
        pytest.param(lambda _: Response(b"{}", headers={"content-encoding": "gzip"}), "failed", id="compressed"),
        pytest.param(
            lambda _: Response(status=302, headers={"location": "http://169.254.169.254/latest/"}),
            "failed",
            id="it sends us elsewhere",
        ),
    ],
)
def test_a_broken_or_hostile_answer_is_tried_once_more_and_says_nothing(
    stores: Stores, tmp_path: Path, script: Script, outcome: str
) -> None:
    room(stores, tmp_path)
    finding = doubtful(**FLAG)
    with scripted(script) as server, reading(stores, tmp_path, config(server.url)) as reader:
        stores.stream_writer.add_findings([finding])
        assert reader.settle(30)
        assert len(server.asked) == 2
    assert stores.streams.finding(finding.finding_id).finding == finding
    assert stores.second_reader.figures().outcomes == {outcome: 1}


def test_a_slow_server_is_dropped_at_the_deadline(stores: Stores, tmp_path: Path) -> None:
    room(stores, tmp_path)
    released = threading.Event()
    finding = doubtful(**FLAG)
    slow = Response(hold=released)
    with scripted(lambda _: slow) as server:
        with reading(stores, tmp_path, config(server.url, deadline_s=0.3)) as reader:
            stores.stream_writer.add_findings([finding])
            assert reader.settle(30)
        released.set()
    assert stores.streams.finding(finding.finding_id).finding == finding
    assert stores.second_reader.figures().outcomes == {"late": 1}


def test_an_absent_server_is_left_alone_after_some_failures(stores: Stores, tmp_path: Path) -> None:
    with scripted(saying("breach")) as server:
        gone = server.url
    for number in range(6):
        room(stores, tmp_path, f"s{number}", text=f"{SAID}{number}")
    with reading(stores, tmp_path, config(gone, failures=4, at_once=1)) as reader:
        for number in range(6):
            stores.stream_writer.add_findings([doubtful(f"s{number}", quote=f"{SAID}{number}")])
            assert reader.settle(30)
    assert stores.second_reader.figures().outcomes == {"failed": 2, "resting": 4}

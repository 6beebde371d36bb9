"""Complaints: the moment is kept, a case is there, and the receipt gives the pack; once, whoever sends twice."""

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from claims.types import Finding, Passage
from ingest.recording.manifest import read_manifest
from ingest.recording.ring import read_pins
from review.cases.types import CaseState
from review.enforcement.store import EnforcementSetup
from review.evidence_packs.verification import verify_pack
from review.server.problems import CODES
from review.stores import Stores
from tests.review.enforcement.recorded import copy_recorded

As = Callable[[str], httpx.Client]
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
COMPLAINT = {"stream": "s1", "at": 20_000, "text": "他说能治失眠"}


@pytest.fixture
def broadcast(desk: Stores, enforcement_setup: EnforcementSetup, recordings: Path) -> Path:
    """Forty seconds of s1, recorded; its folder."""
    folder = copy_recorded(recordings, 40, enforcement_setup.data_dir)
    desk.stream_writer.add_segments(read_manifest(folder))
    desk.stream_writer.add_passages(
        [Passage(stream_id="s1", id="u1", start_ms=18_000, end_ms=21_000, text="睡不着的喝它就好")]
    )
    return folder


def assert_problem(answer: httpx.Response, status: int, code: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == (code or CODES[status])


def send(client: httpx.Client, key: str | None = None, **changes: Any) -> httpx.Response:
    body = {name: value for name, value in (COMPLAINT | changes).items() if value is not None}
    return client.post("/v1/complaints", json=body, headers={} if key is None else {"Idempotency-Key": key})


def test_a_complaint_pins_its_moment_opens_a_case_and_gives_the_pack(
    as_person: As,
    broadcast: Path,
    desk: Stores,
    office: str,
    tmp_path: Path,
    enforcement_setup: EnforcementSetup,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packs = tmp_path / "packs"
    packs.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(packs))
    answer = send(as_person("anna"), contact="wx-1234567")
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["kept_segments"] == len(read_manifest(broadcast))
    [pinned] = read_pins(broadcast)
    assert (pinned.start_ms, pinned.end_ms) == (told["pinned_from_ms"], told["pinned_to_ms"]) == (0, 80_000)
    case = desk.cases.case(told["case_id"])
    assert (case.state, case.class_id, case.quote) == (CaseState.OPEN, "COMPLAINT", "睡不着的喝它就好")
    assert case.why[0].code == "complaint"
    pack = httpx.get(f"{office}{told['pack']}", timeout=60)
    assert (pack.status_code, pack.headers["content-type"]) == (200, "application/zip")
    assert_problem(httpx.get(f"{office}{told['pack']}", headers={"Range": "bytes=x"}, timeout=60), 400)
    deadline = time.monotonic() + 60
    while left := list(packs.iterdir()):
        assert time.monotonic() < deadline, f"{left} is left of what was not sent"
        time.sleep(0.05)
    (tmp_path / "got.zip").write_bytes(pack.content)
    found = verify_pack(tmp_path / "got.zip", enforcement_setup.keys.public_keys())
    assert (found.case_id, found.segment_count > 10) == (case.id, True)
    assert b"wx-1234567" not in pack.content
    assert httpx.get(f"{office}/v1/keys").json()["keys"][0]["key_id"] == found.key_id


def test_sent_twice_it_is_one_complaint(as_person: As, broadcast: Path, desk: Stores) -> None:
    anna = as_person("anna")
    first, again = send(anna, "k1"), send(anna, "k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert_problem(send(anna, "k1", text="别的"), 409, "key_reused")
    assert send(anna).json()["complaint_id"] == send(anna).json()["complaint_id"]
    assert len(read_pins(broadcast)) == 2


@BOTH
def test_of_many_sent_at_once_one_is_filed(desk: Stores, broadcast: Path, as_person: As) -> None:
    anna = as_person("anna")
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda: answers.append(send(anna, "k1"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["complaint_id"] for answer in answers}) == 1
    assert len(read_pins(broadcast)) == 1
    assert [event.kind for event in desk.events.after("local")].count("complaint.filed") == 1
    finding_id = answers[0].json()["complaint_id"].replace("-", "")
    deadline_s = time.monotonic() + 60
    while desk.streams.finding(f"c_{finding_id}").finding.clip is None:
        assert time.monotonic() < deadline_s, "the clip was never cut"


def test_a_case_that_is_there_is_pressed(
    as_person: As, broadcast: Path, desk: Stores, make_finding: Callable[..., Finding]
) -> None:
    desk.stream_writer.add_findings([make_finding(start_ms=17_000, end_ms=19_000)])
    case_id = desk.cases.case_of("f_power")
    assert case_id is not None
    before = desk.cases.case(case_id)
    assert send(as_person("anna"), product_id="p1").json()["case_id"] == case_id
    after = desk.cases.case(case_id)
    assert after.rank > before.rank
    assert after.why[0].code == "complaint"
    assert send(as_person("anna"), product_id="p2").json()["case_id"] != case_id


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        pytest.param({"stream": "s9"}, 404, None, id="no-such-stream"),
        pytest.param({"stream": None}, 422, "no_stream", id="neither-stream-nor-room"),
        pytest.param({"stream": None, "room": "h1"}, 422, "moment", id="a-room-without-a-date"),
        pytest.param({"stream": None, "room": "h9", "at": "2026-11-24T20:10:00+08:00"}, 404, None, id="no-such-room"),
        pytest.param({"at": 9_000_000}, 422, "moment", id="after-the-recording"),
        pytest.param({"at": "2026-11-24T10:00:00+08:00"}, 422, "moment", id="before-the-broadcast"),
        pytest.param({"at": "2026-11-24T20:10:00"}, 422, None, id="a-moment-without-its-offset"),
        pytest.param({"at": -1}, 422, None, id="before-it-began"),
        pytest.param({"text": "  "}, 422, "empty", id="no-words"),
        pytest.param({"text": "x" * 2001}, 422, None, id="too-many-words"),
        pytest.param({"who": "state"}, 422, None, id="nobody-known"),
        pytest.param({"more": 1}, 422, None, id="an-unknown-field"),
    ],
)
def test_what_is_refused_is_said(
    as_person: As, broadcast: Path, changes: dict[str, Any], status: int, code: str | None
) -> None:
    assert_problem(send(as_person("anna"), **changes), status, code)
    assert read_pins(broadcast) == ()


def test_a_room_and_a_moment_lead_to_the_stream(as_person: As, broadcast: Path) -> None:
    told = send(as_person("anna"), stream=None, room="h1", at="2026-11-24T20:00:20+08:00")
    assert told.status_code == 201, told.text
    assert (told.json()["stream_id"], told.json()["pinned_to_ms"]) == ("s1", 80_000)


def test_only_who_may_decide_files_one(as_person: As, broadcast: Path, office: str) -> None:
    assert_problem(send(as_person("dora")), 403)
    with httpx.Client(base_url=office) as nobody:
        assert_problem(send(nobody), 401)
        assert_problem(nobody.get("/v1/complaints/guessed/pack"), 404)


def test_a_receipt_runs_out(as_person: As, broadcast: Path, office: str, clock: Any) -> None:
    told = send(as_person("anna")).json()
    clock.wait(told["receipt_until_ms"] - clock.ms)
    assert_problem(httpx.get(f"{office}{told['pack']}"), 404)


def test_no_pack_is_made_from_a_recording_that_was_tampered_with(as_person: As, broadcast: Path, desk: Stores) -> None:
    told = send(as_person("anna")).json()
    manifest = broadcast / "manifest.jsonl"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"sequence":3', '"sequence":x'), encoding="utf-8")
    answer = as_person("anna").get(f"/v1/evidence/{told['case_id']}")
    assert_problem(answer, 422)
    assert "segment 3" in answer.json()["detail"]


def test_the_pack_of_a_case_is_had_and_noted(
    as_person: As, broadcast: Path, desk: Stores, tmp_path: Path, confirmed: str
) -> None:
    answer = as_person("dora").get(f"/v1/evidence/{confirmed}")
    assert answer.status_code == 200
    (tmp_path / "got.zip").write_bytes(answer.content)
    assert verify_pack(tmp_path / "got.zip").case_id == confirmed
    assert desk.audit.entries(subject=f"case:{confirmed}")[0].action == "pack.made"
    assert_problem(as_person("dora").get("/v1/evidence/nothing"), 404)

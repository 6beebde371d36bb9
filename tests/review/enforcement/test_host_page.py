"""The host's page: what its link opens and nothing else, what can be sent from it, and what can't."""

import hashlib
import http.client
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from claims.types import Finding
from review.db.engine import open_engine
from review.enforcement.penalty_table import DAY_MS
from review.enforcement.store import EnforcementSetup
from review.enforcement.types import Measure
from review.server.pages.host import form_secret
from review.stores import Stores
from tests.review.enforcement.people import REVIEWER, SENIOR, Clock, confirm, wanted
from tests.system import pango

get = partial(httpx.get, timeout=60)
PDF = b"%PDF-1.7 report"
Files = list[tuple[str, tuple[str, bytes]]]


@pytest.fixture
def measure(desk: Stores, confirmed: str, clock: Clock) -> Measure:
    """A blacklist entry that is proposed; the host is heard."""
    return desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)


@pytest.fixture
def token(desk: Stores, measure: Measure) -> str:
    return desk.enforcement.issue_token(measure.id, "r1")


@pytest.fixture
def in_force(desk: Stores, measure: Measure, clock: Clock) -> Measure:
    clock.wait(10 * DAY_MS)
    return desk.enforcement.approve(measure.id, SENIOR)


def send(
    office: str, token: str, statement: str = "不服", files: Files | None = None, **changes: str
) -> httpx.Response:
    data = {"statement": statement, "csrf": form_secret(token)} | changes
    return httpx.post(f"{office}/h/{token}", data=data, files=files or [("files", ("", b""))])


def files(*contents: bytes) -> Files:
    return [("files", (f"文件{number}.pdf", content)) for number, content in enumerate(contents)]


def test_the_link_opens_the_notice_in_both_languages_and_is_noted(
    office: str, token: str, measure: Measure, desk: Stores
) -> None:
    page = get(f"{office}/h/{token}")
    assert page.status_code == 200
    assert "总功率可以做到一百瓦" in page.text
    assert "《广告法》第二十八条第二款第（二）项" in page.text
    assert "拟处置事先告知" in page.text
    assert "Notice of an intended measure" in get(f"{office}/h/{token}?lang=en").text
    assert desk.audit.entries(subject=f"measure:{measure.id}")[0].action == "page.read"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert "<script" not in page.text


@pytest.mark.parametrize("guess", ["x" * 43, "short", "a/b"])
def test_a_link_that_is_none_opens_nothing(office: str, token: str, guess: str) -> None:
    for path in ("", "/notice.pdf", "/clips/f_power.mp4", f"/files/{'0' * 64}"):
        assert get(f"{office}/h/{guess}{path}").status_code in {404, 422}
    assert send(office, guess).status_code in {404, 405, 422}


def test_a_link_whose_time_is_over_opens_nothing(office: str, token: str, clock: Clock) -> None:
    clock.wait(200 * DAY_MS)
    assert get(f"{office}/h/{token}").status_code == 404
    assert send(office, token).status_code == 404


def test_the_token_is_nowhere_in_the_database(desk: Stores, token: str, database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.connect() as connection:
        rows = [repr(row) for row in connection.execute(text("select * from host_tokens"))]
    engine.dispose()
    assert hashlib.sha256(token.encode()).hexdigest() in rows[0]
    assert token not in rows[0]


def test_an_answer_before_the_measure_is_taken_once(office: str, token: str, measure: Measure, desk: Stores) -> None:
    answer = send(office, token, "当时是口误", files(PDF, b"\x89PNG\r\n\x1a\n picture"))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/h/{token}")
    kept = desk.enforcement.page(token).defence
    assert kept is not None
    assert (kept.statement, [file.name for file in kept.files]) == ("当时是口误", ["文件0.pdf", "文件1.pdf"])
    assert [file.media_type for file in kept.files] == ["application/pdf", "image/png"]
    again = send(office, token, "还有")
    assert again.status_code == 422
    assert "已过期限，或已经提交过" in again.text
    got = get(f"{office}/h/{token}/files/{kept.files[0].sha256}")
    assert (got.content, got.headers["content-type"]) == (PDF, "application/pdf")
    assert got.headers["content-disposition"].startswith("attachment")
    assert got.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("statement", "sent", "said"),
    [
        pytest.param(" \n ", [], "请写明陈述", id="no-words"),
        pytest.param("x" * 20_001, [], "陈述太长", id="too-many-words"),
        pytest.param("不服", files(b"<script>"), "不是可接受的类型", id="a-type-that-is-not-taken"),
        pytest.param("不服", files(b""), "文件是空的", id="an-empty-file"),
        pytest.param("不服", files(b"%PDF-" + b"x" * 20_000_000), "文件太大", id="a-large-file"),
    ],
)
def test_what_can_not_be_sent_is_said_and_nothing_is_lost(
    office: str, token: str, in_force: Measure, desk: Stores, statement: str, sent: Files, said: str
) -> None:
    answer = send(office, token, statement, sent)
    assert answer.status_code == 422
    assert said in answer.text
    assert desk.enforcement.open_appeals() == ()


def test_more_files_than_are_taken_are_refused(office: str, token: str, in_force: Measure, desk: Stores) -> None:
    assert send(office, token, files=files(*[PDF] * 11)).status_code == 400
    assert desk.enforcement.open_appeals() == ()


def test_a_request_without_its_length_or_beyond_all_bounds_is_not_read(office: str, token: str) -> None:
    def parts() -> object:
        yield b"--x\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    endless = httpx.post(f"{office}/h/{token}", content=parts(), headers=headers)  # type: ignore[arg-type]
    assert endless.status_code == 411
    connection = http.client.HTTPConnection(office.removeprefix("http://"))
    connection.putrequest("POST", f"/h/{token}")
    for name, value in (headers | {"Content-Length": str(10**9)}).items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_page_of_another_server_can_send_nothing(office: str, token: str, in_force: Measure, desk: Stores) -> None:
    data = {"statement": "不服", "csrf": form_secret(token)}
    foreign = httpx.post(f"{office}/h/{token}", data=data, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert send(office, token, csrf="guessed").status_code == 403
    assert desk.enforcement.open_appeals() == ()


def test_a_clip_of_another_case_is_not_shown(
    office: str, token: str, desk: Stores, enforcement_setup: EnforcementSetup, make_finding: Callable[..., Finding]
) -> None:
    (enforcement_setup.data_dir / "clips").mkdir(parents=True)
    for name in ("f_power", "f_other"):
        (enforcement_setup.data_dir / "clips" / f"{name}.mp4").write_bytes(b"mp4")
    confirm(desk, make_finding(finding_id="f_other", claimed="1 W"))
    desk.stream_writer.set_clip("f_power", "clips/f_power.mp4", 0)
    desk.stream_writer.set_clip("f_other", "clips/f_other.mp4", 0)
    assert get(f"{office}/h/{token}/clips/f_power.mp4").content == b"mp4"
    assert get(f"{office}/h/{token}/clips/f_other.mp4").status_code == 404


def test_words_of_a_host_are_text_on_every_page(
    office: str, token: str, in_force: Measure, as_person: Callable[[str], httpx.Client], desk: Stores
) -> None:
    assert send(office, token, "<img src=x onerror=alert(1)>").status_code == 303
    [appeal] = desk.enforcement.open_appeals()
    chen = as_person("chen")
    for path in (f"/h/{token}", f"/appeals/{appeal.id}", f"/measures/{in_force.id}", "/appeals"):
        page = chen.get(path).text
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page


def test_a_file_of_another_measure_is_not_given(
    office: str, token: str, measure: Measure, desk: Stores, as_person: Callable[[str], httpx.Client]
) -> None:
    stray = desk.enforcement.setup.files.keep("a.pdf", PDF, desk.enforcement.setup.measures.statements)
    assert get(f"{office}/h/{token}/files/{stray.sha256}").status_code == 404
    assert as_person("chen").get(f"/measures/{measure.id}/files/{stray.sha256}").status_code == 404


def test_every_look_at_a_host_is_noted(
    office: str, measure: Measure, as_person: Callable[[str], httpx.Client], desk: Stores
) -> None:
    dora = as_person("dora")
    for path, action in (("/hosts/h1", "host.read"), (f"/measures/{measure.id}", "measure.read")):
        assert dora.get(path).status_code == 200
        assert action in {entry.action for entry in desk.audit.entries(limit=3)}
    assert json.loads(desk.audit.entries(subject=f"measure:{measure.id}")[0].details)["host"] == "h1"
    assert dora.post(f"/measures/{measure.id}/approve").status_code == 403


def test_notices_are_printed_for_both_sides(
    office: str, token: str, measure: Measure, as_person: Callable[[str], httpx.Client], tmp_path: Path
) -> None:
    pango()
    assert get(f"{office}/h/{token}/notice.pdf").content.startswith(b"%PDF-")
    assert as_person("dora").get(f"/measures/{measure.id}/notice.pdf").content.startswith(b"%PDF-")

"""The HTTP side: what it serves, how it refuses, and that nothing of a stream becomes markup."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import httpx

from claims.types import Disposition, Finding, Passage
from ingest.recording.ledger import Coverage
from ingest.types import Gap, GapKind, Segment
from review.server.api.schemas.findings import finding_out
from review.server.assets import VENDOR_DIR, vendored_hashes, vendored_scripts
from review.stores import Stores
from tests.review.sample import advised

MakeFinding = Callable[..., Finding]
MakeSegment = Callable[..., Segment]
HX = {"HX-Request": "true"}


def assert_problem(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"]


def test_the_page_shows_the_finding_its_words_and_why(
    stores: Stores, client: httpx.Client, make_finding: MakeFinding, passages: tuple[Passage, ...]
) -> None:
    stores.stream_writer.add_passages(passages)
    stores.stream_writer.add_findings([make_finding()])
    page = client.get("/")
    assert page.status_code == 200
    for shown in (
        "真言演示直播间",
        "规格/参数/净含量",
        "双口氮化镓充电器",
        "<mark>总功率可以做到一百瓦</mark>",
        "双口合计 65 W",
        "specs.power_total",
        "《广告法》第二十八条第二款第（二）项",
        "已核",
        "within_tolerance",
        "20:00:26",
        "zh-CN@2026.11.1",
        "whisper-base",
    ):
        assert shown in page.text, shown
    assert "secret" not in page.text
    assert "Specification or net content" in client.get("/?lang=en").text
    assert "Specification or net content" in client.get("/").text


def test_no_finding_is_never_said_without_coverage(
    stores: Stores, client: httpx.Client, make_segment: MakeSegment
) -> None:
    assert "还没有收到画面" in client.get("/").text
    stores.stream_writer.add_segments([make_segment(0), make_segment(1)])
    stores.stream_writer.commit_segment("s1", 0)
    page = client.get("/").text
    assert "已分析 2 秒，共 4 秒。 其中 2 秒 等待分析" in page
    lost = Gap(kind=GapKind.NETWORK, start_ms=2000, end_ms=63_000, why="the server answered <404>")
    ledger = Coverage(span_ms=64_000, analysed_ms=3000, waiting_ms=0, gaps=(lost,))
    stores.stream_writer.put_coverage("s1", ledger)
    page = client.get("/").text
    assert "缺口 1 分 1 秒（网络 1 分 1 秒）：没分析的部分，不等于没有问题" in page
    page = client.get("/findings?stream=s1").text
    assert "<b>4.6%</b>" in page
    assert "00:02–01:03 网络: the server answered &lt;404&gt;" in page


def test_a_stream_tells_its_coverage_and_gaps(stores: Stores, client: httpx.Client) -> None:
    lost = Gap(kind=GapKind.PUBLISHER, start_ms=1000, end_ms=2000, why="the playlist lists nothing new")
    stores.stream_writer.put_coverage("s1", Coverage(span_ms=3000, analysed_ms=1500, waiting_ms=500, gaps=(lost,)))
    stream = client.get("/v1/streams/s1").json()
    assert stream["coverage"] == 0.5
    assert stream["analysed_ms"] + stream["lag_ms"] + 1000 == stream["span_ms"]
    why = "the playlist lists nothing new"
    assert stream["gaps"] == [{"kind": "publisher", "start_ms": 1000, "end_ms": 2000, "why": why}]
    assert client.get("/v1/streams/none").status_code == 404


def test_an_unchanged_fragment_is_answered_with_nothing(
    stores: Stores, client: httpx.Client, make_finding: MakeFinding, make_segment: MakeSegment
) -> None:
    stores.stream_writer.add_findings([make_finding()])
    parts = (f"findings/f_power/{part}" for part in ("card", "context", "player"))
    fragments = ("queue", "findings", "summary", *parts)
    for path in fragments:
        first = client.get(f"/partials/{path}")
        again = first.text.split("seen=")[1].partition('"')[0].partition("&")[0]
        assert client.get(f"/partials/{path}", params={"seen": again}).status_code == 204, path
    seen = client.get("/partials/queue").text.split("seen=")[1].partition('"')[0]
    stores.stream_writer.add_segments([make_segment(0)])
    assert client.get("/partials/queue", params={"seen": seen}).status_code == 204
    stores.stream_writer.add_findings([make_finding(count=2)])
    assert "出现 2 次" in client.get("/partials/queue", params={"seen": seen}).text


def test_the_list_of_findings_shows_what_the_filter_asks_for(
    stores: Stores, client: httpx.Client, make_finding: MakeFinding
) -> None:
    stores.stream_writer.add_findings([make_finding(), make_finding(finding_id="f_note", disposition=Disposition.NOTE)])
    shown = {show: client.get(f"/partials/findings?show={show}").text for show in ("flag", "note", "all")}
    assert ["f_note" in shown[show] for show in shown] == [False, True, True]
    assert ["f_power" in shown[show] for show in shown] == [True, False, True]
    assert "limit=101" in client.get("/partials/findings?limit=1").text


def test_a_finding_is_a_fragment_for_the_desk_and_a_page_by_its_address(
    stores: Stores, client: httpx.Client, make_finding: MakeFinding
) -> None:
    stores.stream_writer.add_findings([make_finding()])
    fragment = client.get("/findings/f_power", headers=HX)
    assert "<html" not in fragment.text
    assert fragment.headers["vary"] == "HX-Request, Cookie"
    assert "<html" in client.get("/findings/f_power").text


def test_nothing_of_a_stream_becomes_markup(stores: Stores, client: httpx.Client, make_finding: MakeFinding) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    passage = Passage(stream_id="s1", id="u1", start_ms=26_000, end_ms=29_000, text=evil)
    stores.stream_writer.add_passages([passage])
    stores.stream_writer.add_findings(
        [
            make_finding(
                finding_id='f"><i>',
                quote=evil,
                normalised=evil,
                claimed=evil,
                registered=evil,
                class_id=evil,
                advice=evil,
                models={evil: evil},
                law=(evil,),
                law_status=evil,
                product_id=evil,
            )
        ]
    )
    for path in ("/", "/findings/f%22%3E%3Ci%3E", "/partials/queue", "/partials/findings"):
        page = client.get(path)
        assert page.status_code == 200
        assert "&lt;script&gt;alert(1)" in page.text
        for raw in ("<script>alert", "<img", '"><i>', '" onclick'):
            assert raw not in page.text, (path, raw)


def test_every_answer_carries_the_security_headers(client: httpx.Client) -> None:
    for path in ("/", "/v1/findings", "/nowhere", "/static/desk.js", "/clips/x.mp4"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")


def test_pages_have_no_inline_script_or_style_and_no_outside_resource(
    stores: Stores, client: httpx.Client, make_finding: MakeFinding
) -> None:
    stores.stream_writer.add_findings([make_finding()])
    page = client.get("/").text
    assert "<script>" not in page
    assert "<style" not in page
    assert " style=" not in page
    assert "http://" not in page
    assert "https://" not in page


def test_vendored_files_are_those_of_the_recorded_hashes() -> None:
    recorded = vendored_hashes()
    present = {path.name for path in VENDOR_DIR.iterdir()} - {"SHA256SUMS", "README.md"}
    assert present == set(recorded)
    for name, digest in recorded.items():
        assert hashlib.sha256((VENDOR_DIR / name).read_bytes()).hexdigest() == digest, name


def test_scripts_carry_the_integrity_of_what_is_served(client: httpx.Client) -> None:
    page = client.get("/").text
    for script in vendored_scripts():
        body = client.get(script.url).content
        expected = "sha256-" + base64.b64encode(hashlib.sha256(body).digest()).decode()
        assert script.integrity == expected
        assert f'integrity="{expected}"' in page.replace("&#43;", "+")


def test_findings_page_by_cursor_as_the_contract_writes_them(
    stores: Stores, client: httpx.Client, make_finding: MakeFinding
) -> None:
    findings = [make_finding(finding_id=f"f{number}") for number in range(3)]
    stores.stream_writer.add_findings(findings)
    first = client.get("/v1/findings", params={"limit": 2}).json()
    second = client.get("/v1/findings", params={"after": first["next_after"]}).json()
    assert first["findings"] + second["findings"] == json.loads(
        json.dumps([advised(each).to_json() for each in findings])
    )
    assert (first["more"], second["more"]) == (True, False)
    assert client.get("/v1/findings?class=NOPE").json() == {"findings": [], "next_after": 0, "more": False}


def test_the_wire_record_has_every_field_of_a_finding(make_finding: MakeFinding) -> None:
    finding = make_finding()
    assert finding_out(finding).model_dump(mode="json", by_alias=True) == json.loads(json.dumps(finding.to_json()))
    assert len(fields(finding)) == len(type(finding_out(finding)).model_fields)


def test_refusals_are_problems_that_name_what_is_wrong(client: httpx.Client) -> None:
    refused = {
        404: (
            "/findings/f_none",
            "/partials/findings/f_none/card",
            "/clips/f_none.mp4",
            "/clips/f_none.peaks.json",
            "/cases/none",
            "/findings?stream=nope",
            "/nowhere",
        ),
        422: (
            "/v1/findings?limit=0",
            "/v1/findings?after=x",
            "/partials/queue?state=everything",
            "/partials/findings?show=everything",
        ),
    }
    for status, paths in refused.items():
        for path in paths:
            assert_problem(client.get(path), status)


def test_a_clip_is_served_in_ranges(
    stores: Stores, client: httpx.Client, make_finding: MakeFinding, sample_clip: Path
) -> None:
    stores.stream_writer.add_findings([make_finding()])
    assert_problem(client.get("/clips/f_power.mp4"), 404)
    stores.stream_writer.set_clip("f_power", "clips/f_power.mp4", 23_000)
    body = sample_clip.read_bytes()
    part = client.get("/clips/f_power.mp4", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, body[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(body)}"
    assert client.get("/clips/f_power.mp4").content == body
    assert client.get("/clips/f_power.mp4", headers={"Range": f"bytes={len(body)}-"}).status_code == 416
    peaks = client.get("/clips/f_power.peaks.json").json()
    assert len(peaks["peaks"]) > 300


def test_a_clip_that_is_no_media_still_plays_no_waveform(
    stores: Stores, client: httpx.Client, make_finding: MakeFinding, data_dir: Path
) -> None:
    stores.stream_writer.add_findings([make_finding(clip="clips/bad.mp4")])
    (data_dir / "clips" / "bad.mp4").write_bytes(b"not media")
    assert_problem(client.get("/clips/f_power.peaks.json"), 422)


def test_no_path_leads_outside_the_data_folder(
    stores: Stores, client: httpx.Client, make_finding: MakeFinding, data_dir: Path
) -> None:
    outside = data_dir.parent / "outside.mp4"
    outside.write_bytes(b"private")
    (data_dir / "link.mp4").symlink_to(outside)
    escapes = {"f_up": "../outside.mp4", "f_abs": str(outside), "f_link": "link.mp4"}
    stores.stream_writer.add_findings(make_finding(finding_id=key, clip=clip) for key, clip in escapes.items())
    for finding_id in escapes:
        assert_problem(client.get(f"/clips/{finding_id}.mp4"), 404)
    for path in ("/clips/..%2Foutside.mp4", "/clips/%2e%2e/outside.mp4", "/static/..%2f..%2fstore.py"):
        assert client.get(path).status_code == 404


def test_openapi_tells_what_is_really_answered(stores: Stores, client: httpx.Client, make_finding: MakeFinding) -> None:
    stores.stream_writer.add_findings([make_finding()])
    [case] = client.get("/v1/cases").json()["cases"]
    schema = client.get("/openapi.json").json()
    asked = {
        "/v1/findings": ["/v1/findings", "/v1/findings?limit=0"],
        "/v1/streams/{stream_id}": ["/v1/streams/s1", "/v1/streams/none"],
        "/v1/cases": ["/v1/cases", "/v1/cases?limit=0"],
        "/v1/cases/{case_id}": [f"/v1/cases/{case['case_id']}", "/v1/cases/none"],
        "/clips/{finding_id}.mp4": ["/clips/f_power.mp4"],
        "/clips/{finding_id}.peaks.json": ["/clips/f_power.peaks.json"],
        "/healthz": ["/healthz"],
        "/readyz": ["/readyz"],
    }
    assert set(schema["paths"]) >= set(asked)
    for path, urls in asked.items():
        answers = schema["paths"][path]["get"]["responses"]
        for url in urls:
            answer = client.get(url)
            documented = answers[str(answer.status_code)]["content"]
            assert answer.headers["content-type"] in documented, url
    assert "Problem" in schema["components"]["schemas"]
    assert "class" in schema["components"]["schemas"]["FindingOut"]["properties"]


def test_readiness_tells_of_a_database_that_is_gone(stores: Stores, client: httpx.Client, database_url: str) -> None:
    assert client.get("/readyz").json() == {"status": "ok", "workers": 0, "places": 0}
    stores.close()
    database = Path(database_url.removeprefix("sqlite:///"))
    for path in database.parent.glob("review.db*"):
        path.unlink()
    database.mkdir()
    assert_problem(client.get("/readyz"), 503)
    assert client.get("/healthz").status_code == 200


def test_a_class_without_a_name_is_shown_by_its_id(
    stores: Stores, client: httpx.Client, make_finding: MakeFinding
) -> None:
    stores.stream_writer.add_findings([make_finding(class_id="NEW_CLASS")])
    assert "NEW_CLASS" in client.get("/partials/queue").text

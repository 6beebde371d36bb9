"""The report is one page with its charts drawn, in a real browser with no network."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from cluster.batch.folder import FINDINGS
from cluster.batch.report import REPORT, write_report
from cluster.batch.types import FileResult, FileState
from tests.chromium import chromium
from tests.review.sample import FINDING

DONE = FileResult(
    name="lan/a.mp4", host_id="lan", state=FileState.DONE, stream_id="s1", length_ms=7_200_000, coverage_per_mille=998,
    flagged=3,
)  # fmt: skip
SAME = FileResult(name="lan/b.mp4", host_id="lan", state=FileState.SAME, same_as="lan/a.mp4")
FAILED = FileResult(name="lan/<c>.mp4", host_id="lan", state=FileState.FAILED, error="not readable as media")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return packaged_policy()


@pytest.mark.browser
def test_charts_are_drawn_and_what_is_told_is_told_of_every_file(tmp_path: Path, policy: Policy) -> None:
    found = [
        replace(FINDING, stream_id="s1", finding_id=f"f{n}", start_ms=n * 900_000, quote="</script><b>最好</b>")
        for n in range(3)
    ]
    lines = [json.dumps(one.to_json(), ensure_ascii=False) + "\n" for one in found]
    (tmp_path / FINDINGS).write_text("".join(lines), encoding="utf-8")
    write_report(tmp_path, [DONE, SAME, FAILED], policy, {"p1": "双口氮化镓充电器"})
    with chromium() as browser:
        page = browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if "report" not in request.url else None)
        page.goto((tmp_path / REPORT).as_uri())
        bars = "(canvas) => [canvas.dataset.chart, Chart.getChart(canvas).data.labels.length]"
        drawn = page.evaluate(f"[...document.querySelectorAll('canvas')].map({bars})")
        assert drawn == [["class", 1], ["host", 1], ["product", 1], ["time", 4]]
        text = page.inner_text("body")
        for told in ("3 个文件", "2.00 小时", "lan/<c>.mp4", "not readable as media", "99.8 %", "</script><b>最好</b>"):
            assert told in text
        assert complaints == []
        found_by_axe = Axe().run(page).response["violations"]
        assert [(v["id"], [n["html"][:160] for n in v["nodes"]]) for v in found_by_axe] == []


def test_a_batch_without_flags_has_a_report_too(tmp_path: Path, policy: Policy) -> None:
    (tmp_path / FINDINGS).touch()
    write_report(tmp_path, [FAILED], policy, {})
    html = (tmp_path / REPORT).read_text(encoding="utf-8")
    assert "not readable as media" in html
    assert "<canvas" not in html

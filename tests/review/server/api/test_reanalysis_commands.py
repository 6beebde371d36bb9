"""`zhenyan reanalyses` against a running server: ordered, listed, waited for, shown with what differs, cancelled."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from review.reanalyses.comparing import compare_findings
from review.stores import Stores
from tests.cli.support import Answer, Call
from tests.review.server.api import test_reanalyses as ordered
from tests.review.server.api.conftest import Key

app, asking, stream_id = ordered.app, ordered.asking, ordered.stream_id
Ask = Callable[..., Answer]
POLICY = ("--policy", "zh-CN@2026.11.1")


@pytest.fixture
def ask(zhenyan: Call, address: str, key: Key, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("ZHENYAN_KEY", key("acme"))
    monkeypatch.setenv("ZHENYAN_SERVER", address)
    return lambda *arguments: zhenyan("reanalyses", *arguments)


def told(answer: Answer) -> list[dict[str, Any]]:
    assert answer.status == 0, answer.err
    return [json.loads(line) for line in answer.out.splitlines()]


def finish(platform: Stores, stream_id: str) -> None:
    """A worker takes the order and finds the claim again, and another."""
    claimed = platform.reanalyses.claim("w1")
    assert claimed is not None
    [stored] = platform.reanalyses.stored_findings(stream_id)
    new = replace(stored, finding_id="f_new", start_ms=40_000, end_ms=42_000)
    done: dict[str, Any] = {"judged_by": "zh-CN@2026.11.1#a", "span_ms": 50_000, "missing_ms": 0}
    assert platform.reanalyses.finish(claimed.reanalysis_id, "w1", compare_findings([stored], [stored, new]), **done)


def test_it_is_ordered_waited_for_and_shown_with_what_differs(ask: Ask, platform: Stores, stream_id: str) -> None:
    order = ("order", stream_id, "--model", "base", *POLICY, "--passport", "P-1", "--end-ms", "50000")
    [one] = told(ask(*order, "--request-key", "k1"))
    assert told(ask(*order, "--request-key", "k1")) == [one]
    assert (one["model"], one["end_ms"], one["passports"][0]["product_id"]) == ("base", 50_000, "P-1")
    version = one["passports"][0]["version"]
    [named] = told(ask("order", stream_id, "--passport", f"P-1@{version}"))
    assert named["passports"] == one["passports"]
    [cancelled] = told(ask("cancel", named["reanalysis_id"]))
    assert cancelled["state"] == "cancelled"
    working = threading.Thread(target=finish, args=(platform, stream_id))
    working.start()
    [done] = told(ask("wait", one["reanalysis_id"]))
    working.join()
    assert (done["state"], done["counts"]) == ("done", {"kept": 1, "gone": 0, "new": 1, "changed": 0})
    shown, kept, new = told(ask("show", one["reanalysis_id"]))
    assert (shown, kept["outcome"], new["before"]) == (done, "kept", None)
    assert told(ask("show", one["reanalysis_id"], "--outcome", "new")) == [done, new]
    listed = [each["reanalysis_id"] for each in told(ask("list", "--stream", stream_id))]
    assert sorted(listed) == sorted([one["reanalysis_id"], named["reanalysis_id"]])
    assert told(ask("list", "--stream", "s_none")) == []


def test_what_can_not_be_done_ends_with_one_line(ask: Ask, platform: Stores, stream_id: str) -> None:
    nothing = ask("order", stream_id)
    assert (nothing.status, nothing.complaint) == (
        1,
        "nothing_named: model: name a model, a policy or passports to analyse by",
    )
    assert "unknown_model: model: 'huge': there is none" in ask("order", stream_id, "--model", "huge").complaint
    for passport in ("@1", "P-1@"):
        wrong = ask("order", stream_id, "--passport", passport)
        assert (wrong.status, wrong.complaint) == (2, f"--passport '{passport}': write ID, or ID@VERSION")
    assert ask("show", "a1").complaint.endswith("re-analysis 'a1' is not in the store; check the id")


def test_waiting_ends_when_the_time_is_up_and_where_it_failed(ask: Ask, platform: Stores, stream_id: str) -> None:
    [one] = told(ask("order", stream_id, *POLICY))
    late = ask("wait", one["reanalysis_id"], "--timeout", "0")
    assert (late.status, json.loads(late.out)["state"]) == (1, "waiting")
    assert "0 of 0 ms are analysed; wait again, and look whether a worker runs" in late.err
    platform.reanalyses.claim("w1")
    platform.reanalyses.fail(one["reanalysis_id"], "w1", "the recording can't be read")
    failed = ask("wait", one["reanalysis_id"])
    assert (failed.status, json.loads(failed.out)["state"]) == (1, "failed")
    assert failed.err.strip().endswith("failed: the recording can't be read")
    [other] = told(ask("order", stream_id, *POLICY, "--start-ms", "5"))
    ask("cancel", other["reanalysis_id"])
    stopped = ask("wait", other["reanalysis_id"])
    assert (stopped.status, "cancelled: nobody waits for it any more" in stopped.err) == (1, True)

"""`zhenyan streams` and `zhenyan batches` against a running server, as who has no curl works."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from review.stores import Stores
from tests.cli.support import Answer, Call
from tests.review.sample import FINDING
from tests.review.server.api.conftest import ORDER, PASSPORT, Key

Ask = Callable[..., Answer]


@pytest.fixture
def ask(zhenyan: Call, address: str, key: Key, work: Any, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Calls a command on the running server."""
    work(10)
    monkeypatch.setenv("ZHENYAN_KEY", key("acme"))
    monkeypatch.setenv("ZHENYAN_SERVER", address)
    return zhenyan


def told(answer: Answer) -> dict[str, Any]:
    assert answer.status == 0, answer.err
    found: dict[str, Any] = json.loads(answer.out)
    return found


def test_a_broadcast_is_ordered_told_of_and_stopped(ask: Ask, platform: Stores, tmp_path: Path) -> None:
    passports = tmp_path / "goods.json"
    passports.write_text(json.dumps([PASSPORT]), encoding="utf-8")
    order = ("streams", "order", ORDER["url"], "--host", "h7", "--host-name", "小岚", "--passports", passports)
    order = (*order, "--external-id", "room-7", "--max-hours", "2", "--request-key", "k1")
    stream = told(ask(*order))
    assert told(ask(*order))["stream_id"] == stream["stream_id"]
    assert (stream["host"]["name"], stream["products"], stream["max_hours"]) == ("小岚", ["P-1"], 2)
    stream_id = stream["stream_id"]
    facts = tmp_path / "facts.jsonl"
    facts.write_text('{"at_ms": 1000, "kind": "viewers", "value": 30}\n\n', encoding="utf-8")
    assert told(ask("streams", "facts", stream_id, facts))["new"] == 1
    assert told(ask("streams", "on-sale", stream_id, "P-1", "--at-ms", "5"))["new"] == 1
    assert told(ask("streams", "on-sale", stream_id, "none", "--at-ms", "9"))["new"] == 1
    platform.stream_writer.add_findings([replace(FINDING, stream_id=stream_id)])
    assert told(ask("streams", "findings", "--stream", stream_id))["suggestion"] == "review"
    assert told(ask("streams", "show", stream_id))["risk"] == FINDING.severity
    assert ask("streams", "transcript", stream_id).out.startswith("WEBVTT")
    assert told(ask("streams", "list", "--external-id", "room-7"))["stream_id"] == stream_id
    assert told(ask("streams", "stop", stream_id))["wanted"] == "stop"
    assert ask("streams", "list", "--wanted", "run").out == ""


def test_an_archive_is_ordered_and_cancelled(ask: Ask) -> None:
    ask("passports", "import", "--help")
    refused = ask("batches", "order", "http://127.0.0.1:8080/7.mp4", "--host", "h7", "--product", "P-1")
    assert refused.status == 1
    assert "unknown_product: products[0]: product 'P-1' has no passport" in refused.err
    Path("goods.csv").write_text("id,name,category\nP-1,充电器,electronics/charger\n", encoding="utf-8")
    order = ("batches", "order", "http://127.0.0.1:8080/7.mp4", "--host", "h7", "--passports", "goods.csv")
    batch = told(ask(*order, "--started-at", "2026-11-24T20:00:00"))
    assert (batch["products"], batch["started_at"]) == (["P-1"], "2026-11-24T20:00:00+08:00")
    assert told(ask("batches", "list"))["batch_id"] == batch["batch_id"]
    assert told(ask("batches", "cancel", batch["batch_id"]))["state"] == "cancelled"
    assert told(ask("batches", "show", batch["batch_id"]))["state"] == "cancelled"


def test_what_is_refused_is_one_line_with_the_field(ask: Ask, tmp_path: Path) -> None:
    inside = ask("streams", "order", "http://169.254.169.254/x", "--host", "h7", "--product", "P-1")
    assert inside.complaint.startswith("url_address: url: refused by the address rule")
    assert inside.status == 1
    assert "'s404' is not in the store" in ask("streams", "show", "s404").complaint
    wrong = tmp_path / "facts.jsonl"
    wrong.write_text("{no\n", encoding="utf-8")
    assert "line 1: is no JSON" in ask("streams", "facts", "s1", wrong).complaint

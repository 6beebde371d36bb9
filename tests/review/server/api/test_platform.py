"""A platform's day over HTTP alone: goods in bulk, thresholds and words of its own, a broadcast, what it is told."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.types import Passage
from cli.commands.serve import terms_of
from net.guard import NetPolicy
from review.client import Problem, Zhenyan
from review.server.api.ordering import Platform
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from tests.review.server.api.conftest import Key

GOODS = [
    ["商品编号", "商品名称", "类目", "属性:净含量(g)"],
    *[[f"H-{number}", "洋槐蜂蜜", "food/honey", "500"] for number in range(300)],
    ["H-999", "洋槐蜂蜜", "foods/honey", "500"],
]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return packaged_policy()


@pytest.fixture
def app(platform: Stores, tmp_path: Path, policy: Policy) -> FastAPI:
    setup = Platform(
        reader=policy.quantity_reader, net=NetPolicy.parse(["127.0.0.1:8080"]), word_terms=terms_of(policy)
    )
    return create_app(platform, tmp_path / "data", access=Access(auth=Auth.LOCAL), platform=setup)


def table() -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(GOODS)
    return out.getvalue().encode("gb18030")


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_a_platform_gets_through_its_day(address: str, key: Key, work: Any, platform: Stores) -> None:
    work(10)
    with Zhenyan(address, key("acme")) as zhenyan, Zhenyan(address, key("bolt")) as other:
        stored = zhenyan.put_passports(table(), "text/csv")
        assert (stored["stored"], stored["refused"]) == (300, 1)
        assert [(row["row"], row["errors"][0]["field"]) for row in stored["rows"] if row["status"] == "refused"] == [
            (302, "类目")
        ]
        assert zhenyan.put_passports(table(), "text/csv")["unchanged"] == 300
        assert len(list(zhenyan.passports())) == 300
        zhenyan.put_suggestions(
            {"rules": [{"classes": ["MEDICAL_TERMS"], "block_from": 0.9}]}, if_match="suggestions@0"
        )
        zhenyan.add_word({"kind": "block", "word": "包治百病", "class": "MEDICAL_TERMS"})
        stream = zhenyan.order("http://127.0.0.1:8080/live.m3u8", host={"id": "h7"}, products=["H-1"])
        said = Passage(stream_id=stream["stream_id"], id="u1", start_ms=0, end_ms=2000, text="喝了包治百病")
        # What a worker does with the segment in which that was said.
        platform.stream_writer.add_passages([said])
        platform.stream_writer.add_findings(platform.stream_writer.worded(stream["stream_id"], [said], []))
        [finding] = zhenyan.findings()
        assert (finding["class"], finding["policy"], finding["suggestion"], finding["suggested_by"]) == (
            "MEDICAL_TERMS",
            "words@1",
            "block",
            "suggestions@1",
        )
        assert zhenyan.stream(stream["stream_id"])["suggestion"] == "block"
        assert [event["data"]["finding"]["suggestion"] for event in zhenyan.events()] == ["block"]
        assert zhenyan.retire_passport("H-1")["retired_at_ms"]
        with pytest.raises(Problem, match="has no passport"):
            zhenyan.order("http://127.0.0.1:8080/live.m3u8", host={"id": "h7"}, products=["H-1"])
        assert len(zhenyan.passport_versions("H-1")) == 1
        assert (list(other.passports()), list(other.findings()), list(other.events())) == ([], [], [])
        assert (other.words()["name"], other.suggestions()["name"]) == ("words@0", "suggestions@0")

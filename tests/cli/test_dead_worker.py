"""The only worker is killed with -9 while rooms are on air: what is told of them is so, once, and a stop is done."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.live_material import wait
from tests.cli.told import MUTE, PASSPORT, TALK, Customer, Service, kill_group, on_air, service
from tests.cluster.chaos.support import nobody_left

pytestmark = pytest.mark.service


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Service]:
    """A service of two servers on one database, of which all processes are gone afterwards."""
    with nobody_left(), service(tmp_path, f"sqlite:///{tmp_path / 'review.db'}") as opened:
        yield opened


@pytest.fixture
def customer(running: Service) -> Iterator[Customer]:
    address = running.serve()
    running.serve()
    headers = {"Authorization": f"Bearer {running.key()}"}
    with httpx.Client(base_url=address, headers=headers, timeout=60) as client:
        client.put("/v1/passports/P-1", json=PASSPORT).raise_for_status()
        yield Customer(client)


def assert_adds_up(stream: dict[str, object]) -> None:
    gaps = stream["gaps"]
    assert isinstance(gaps, list)
    gap_ms = sum(gap["end_ms"] - gap["start_ms"] for gap in gaps)
    figures = (stream["analysed_ms"], stream["waiting_ms"], gap_ms)
    assert sum(int(str(figure)) for figure in figures) == stream["span_ms"]


def metrics(customer: Customer) -> str:
    return customer.client.get("/metrics").text


def test_a_killed_worker_a_silent_room_a_dead_address_and_a_stop(
    running: Service, customer: Customer, tmp_path: Path
) -> None:
    worker = running.work(customer.client)
    with on_air(tmp_path / "talk", TALK) as talk, on_air(tmp_path / "mute", MUTE) as mute:
        stream, silent = customer.order(talk), customer.order(mute)
        nowhere = customer.order(talk.replace("live.m3u8", "nothing.m3u8"))

        # An address that answers 404 is told with its reason; a room without a word is live.
        wait(lambda: "stream.unreachable" in customer.kinds(nowhere), 120, running.log)
        found = customer.stream(nowhere)
        assert found["state"] == "unreachable"
        assert "404" in found["error"]
        assert "404" in customer.told(nowhere)[0]["data"]["why"]
        wait(lambda: customer.stream(stream)["analysed_ms"] >= 8_000, 240, running.log)
        wait(lambda: customer.stream(silent)["analysed_ms"] >= 8_000, 240, running.log)
        assert [customer.stream(one)["state"] for one in (stream, silent)] == ["live", "live"]
        assert customer.stream(silent)["speech_ms"] is None
        customer.client.delete(f"/v1/streams/{nowhere}").raise_for_status()
        wait(lambda: customer.stream(nowhere)["state"] == "ended", 120, running.log)

        kill_group(worker)
        killed_s = time.monotonic()
        wait(lambda: len(customer.kinds(stream)) > 1 and len(customer.kinds(silent)) > 1, 120, running.log)
        for one in (stream, silent):
            assert customer.kinds(one) == ["stream.live", "stream.interrupted"]
            found = customer.stream(one)
            assert (found["state"], found["wanted"]) == ("interrupted", "run")
            gap = found["gaps"][-1]
            away_ms = (time.monotonic() - killed_s) * 1000
            assert gap["kind"] == "crash"
            assert "died" in gap["why"]
            assert away_ms - 5_000 <= gap["end_ms"] - gap["start_ms"] <= away_ms + 15_000
            assert found["lag_ms"] >= gap["end_ms"] - gap["start_ms"]
            assert found["coverage"] < 1
            assert "died" in found["waits_for"]
            assert_adds_up(found)
        assert customer.client.get("/v1/streams", params={"state": "live"}).json()["streams"] == []
        assert customer.client.get("/readyz").json() == {"status": "ok", "workers": 0, "places": 0}
        assert "zhenyan_worker_capacity_streams{" not in metrics(customer)
        assert f'zhenyan_stream_interrupted_seconds{{stream_id="{stream}"}} 0.0' not in metrics(customer)

        worker = goes_on(running, customer, stream)
        kill_group(worker)
        wait(lambda: customer.kinds(stream).count("stream.interrupted") == 2, 120, running.log)

        # Nobody is there to heed it, and it is done; what nobody recorded is a gap up to the stop.
        began_s, before = time.monotonic(), customer.stream(stream)
        customer.client.delete(f"/v1/streams/{stream}").raise_for_status()
        until_stop_ms = (time.monotonic() - began_s) * 1000
        wait(lambda: customer.stream(stream)["state"] == "ended", 60, running.log)
        after = customer.stream(stream)
        assert customer.kinds(stream)[-1] == "stream.stopped"
        assert customer.kinds(stream).count("stream.stopped") == 1
        assert (after["waiting_ms"], after["lag_ms"], after["analysed_ms"]) == (0, 0, before["analysed_ms"])
        assert 0 <= after["span_ms"] - before["span_ms"] <= until_stop_ms + 1
        assert after["coverage"] < 1
        assert_adds_up(after)
        assert json.dumps(customer.stream(stream)) == json.dumps(after), "what is over does not grow"


def goes_on(running: Service, customer: Customer, stream: str) -> "subprocess.Popen[bytes]":
    """Another worker takes it over: that is told once, and the gap between is in the ledger."""
    worker = running.work(customer.client)
    wait(lambda: "stream.resumed" in customer.kinds(stream), 240, running.log)
    assert customer.kinds(stream) == ["stream.live", "stream.interrupted", "stream.resumed"]
    wait(lambda: customer.stream(stream)["state"] == "live", 60, running.log)

    def is_settled() -> bool:
        gaps = [event["data"] for event in customer.told(stream) if event["type"] == "stream.gap"]
        return any(gap["end_ms"] - gap["start_ms"] > 10_000 for gap in gaps)

    wait(is_settled, 240, running.log)
    found = customer.stream(stream)
    longest = max(found["gaps"], key=lambda gap: gap["end_ms"] - gap["start_ms"])
    assert (longest["kind"], longest["why"]) == ("crash", "the capture was killed")
    assert_adds_up(found)
    assert customer.kinds(stream).count("stream.resumed") == 1
    return worker

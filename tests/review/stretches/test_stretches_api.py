"""Stretches over HTTP: by a cursor of their own, to addresses that ask for them by name, and nobody else's."""

import threading
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from claims.types import Passage
from ingest.recording.ledger import Coverage
from ingest.types import Segment
from net.guard import NetPolicy
from review.stores import Stores
from review.streams.types import StreamState
from review.stretches.types import Signal, Span, StretchTerms
from review.tenants.types import Scope
from review.webhooks.sender import Sender
from tests.review.enforcement.people import Clock
from tests.review.webhooks.conftest import (
    address,
    as_person,
    as_tenant,
    clock,
    enforcement_setup,
    receiver,
    send,
    told,
)
from tests.review.webhooks.receiver import Receiver

__all__ = ["address", "as_person", "as_tenant", "clock", "enforcement_setup", "receiver", "send", "told"]

As = Callable[..., httpx.Client]
MakeSegment = Callable[..., Segment]
LOOPBACK = NetPolicy.parse(("127.0.0.1",))
TERMS = StretchTerms(length_ms=4_000, no_speech_ms=6_000)
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def analyse(stores: Stores, make_segment: MakeSegment, stream_id: str, numbers: range, *, speaks: bool = True) -> None:
    """So many segments of two seconds, in each of which somebody speaks for a second."""
    for number in numbers:
        start_ms, end_ms = number * 2_000, number * 2_000 + 2_000
        stores.stream_writer.add_segments([make_segment(number, stream_id=stream_id)])
        said = Passage(stream_id=stream_id, id=f"u{number}", start_ms=start_ms, end_ms=end_ms - 500, text="三百九十九")
        signal = Signal(
            sequence=number,
            start_ms=start_ms,
            end_ms=end_ms,
            spoken=(Span(start_ms=start_ms, end_ms=start_ms + 1_000),) if speaks else (),
            pictures=1,
        )
        stores.stream_writer.commit_segment(
            stream_id,
            number,
            passages=[said] if speaks else [],
            coverage=Coverage(span_ms=end_ms, analysed_ms=end_ms, waiting_ms=0, gaps=()),
            signal=signal,
            terms=TERMS,
        )


@BOTH
def test_stretches_are_read_by_a_cursor_of_their_own(told: Stores, as_tenant: As, make_segment: MakeSegment) -> None:
    analyse(told, make_segment, "a1", range(10))
    acme = as_tenant("acme")
    first = acme.get("/v1/stretches", params={"limit": 2}).json()
    assert [s["start_ms"] for s in first["stretches"]] == [0, 4_000]
    assert (first["more"], first["next_after"], first["kept_from"]) == (True, 2, 1)
    assert first["stretches"][0] == {
        "id": "acme-stretch-1",
        "sequence": 1,
        "at_ms": first["stretches"][0]["at_ms"],
        "stream_id": "a1",
        "start_ms": 0,
        "end_ms": 4_000,
        "heard": {"speech_ms": 2_000, "passages": 2, "characters": 10},
        "read": {"pictures": 2, "texts": 0, "characters": 0},
        "picture": {"black_ms": 0, "frozen_ms": 0},
        "covered": {"analysed_ms": 4_000, "gaps": []},
        "found": {"flags": 0, "notes": 0},
    }
    rest = acme.get("/v1/stretches", params={"after": 2}).json()
    assert [s["start_ms"] for s in rest["stretches"]] == [8_000], "words of the last eight seconds may still come"
    told.stream_writer.set_state("a1", StreamState.ENDED)
    end = acme.get("/v1/stretches", params={"after": 3}).json()
    assert [(s["start_ms"], s["end_ms"]) for s in end["stretches"]] == [(12_000, 16_000), (16_000, 20_000)]
    assert [e["type"] for e in acme.get("/v1/events").json()["events"]] == ["stream.live", "stream.ended"]


def test_nobody_reads_another_s(told: Stores, as_tenant: As, make_segment: MakeSegment) -> None:
    analyse(told, make_segment, "a1", range(10))
    bolt = as_tenant("bolt")
    assert bolt.get("/v1/stretches").json()["stretches"] == []
    assert bolt.get("/v1/stretches", params={"tenant": "acme"}).json()["stretches"] == []
    for path in ("/v1/stretches?stream_id=a1", "/v1/streams/a1/health", "/v1/streams/a1/passages"):
        assert bolt.get(path).status_code == 404, path
    assert as_tenant("acme", (Scope.STREAMS_READ,)).get("/v1/stretches").status_code == 403


def test_who_waits_is_woken(told: Stores, as_tenant: As, make_segment: MakeSegment) -> None:
    later = threading.Timer(0.5, analyse, (told, make_segment, "a1", range(7)))
    later.start()
    found = as_tenant("acme").get("/v1/stretches", params={"wait": 30}).json()["stretches"]
    later.join()
    assert found[0]["start_ms"] == 0


@BOTH
def test_only_who_asks_by_name_is_told(
    told: Stores, receiver: Receiver, send: Callable[..., Sender], make_segment: MakeSegment
) -> None:
    sender = send()
    for kinds in ([], ["stream.*"], ["stream.stretch"]):
        told.webhooks.add("acme", f"{receiver.url}/{len(kinds)}{''.join(kinds)}", kinds, LOOPBACK, "test")
    analyse(told, make_segment, "a1", range(10))
    sender.send_pending()
    stretches = [message for message in receiver.got if message.json["type"] == "stream.stretch"]
    assert [message.path.endswith("stream.stretch") for message in stretches] == [True, True, True]
    assert [message.id for message in stretches] == [f"acme-stretch-{number}" for number in (1, 2, 3)]
    assert stretches[0].json["data"]["heard"]["passages"] == 2


@BOTH
def test_what_is_not_taken_comes_again_in_order(
    told: Stores, receiver: Receiver, send: Callable[..., Sender], make_segment: MakeSegment, clock: Clock
) -> None:
    sender = send()
    told.webhooks.add("acme", receiver.url, ["stream.stretch"], LOOPBACK, "test")
    analyse(told, make_segment, "a1", range(10))
    receiver.answer = lambda number: (204, {}) if number != 1 else (500, {})
    sender.send_pending()
    assert [message.sequence for message in receiver.got] == [1, 2]
    clock.now += timedelta(hours=1)
    sender.send_pending()
    assert [message.sequence for message in receiver.got] == [1, 2, 2, 3]
    assert receiver.got[1].id == receiver.got[2].id


def test_a_removed_address_is_told_nothing_more(
    told: Stores, receiver: Receiver, send: Callable[..., Sender], make_segment: MakeSegment
) -> None:
    target, _ = told.webhooks.add("acme", receiver.url, ["stream.stretch"], LOOPBACK, "test")
    analyse(told, make_segment, "a1", range(10))
    told.webhooks.remove(target.id, "acme", "test")
    send().send_pending()
    assert receiver.got == []


@BOTH
def test_stretches_are_forgotten_after_their_days_and_numbers_go_on(
    told: Stores, as_tenant: As, make_segment: MakeSegment, clock: Clock
) -> None:
    analyse(told, make_segment, "a1", range(10))
    clock.now += timedelta(days=8)
    assert told.stretches.forget(7) == 3
    acme = as_tenant("acme")
    assert acme.get("/v1/stretches").json() == {"stretches": [], "next_after": 0, "more": False, "kept_from": 4}
    analyse(told, make_segment, "a1", range(10, 14))
    assert [s["sequence"] for s in acme.get("/v1/stretches").json()["stretches"]] == [4, 5]


@BOTH
def test_silence_is_told_once_and_shown_while_it_lasts(told: Stores, as_tenant: As, make_segment: MakeSegment) -> None:
    acme = as_tenant("acme")
    analyse(told, make_segment, "a1", range(2))
    analyse(told, make_segment, "a1", range(2, 8), speaks=False)
    told_of = [e["data"] for e in acme.get("/v1/events").json()["events"] if e["type"] == "stream.health"]
    assert [(d["condition"], d["state"], d["start_ms"]) for d in told_of] == [("no_speech", "began", 3_000)]
    shown = acme.get("/v1/streams/a1/health").json()
    assert [(each["condition"], each["since_ms"]) for each in shown["conditions"]] == [("no_speech", 3_000)]
    told.stream_writer.set_state("a1", StreamState.ENDED)
    assert acme.get("/v1/streams/a1/health").json() == {"stream_id": "a1", "conditions": []}
    kinds = [(e["type"], e["data"].get("state")) for e in acme.get("/v1/events").json()["events"]]
    assert kinds[1:] == [("stream.health", "began"), ("stream.health", "ended"), ("stream.ended", None)]


@BOTH
def test_erasing_a_broadcast_takes_its_stretches(told: Stores, make_segment: MakeSegment) -> None:
    from review.enforcement.erasure import erase_broadcast

    analyse(told, make_segment, "a1", range(10), speaks=False)
    with told.engine.execution_options(writes=True).begin() as connection:
        erase_broadcast(connection, "a1")
    assert told.stretches.after("acme") == ()

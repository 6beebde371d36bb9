"""What a worker sees of a broadcast moves its state, and each move is told once; wrong clocks move nothing."""

from collections.abc import Callable

from ingest.types import GapKind, Segment
from review.scheduling.applying import unseen
from review.scheduling.decisions import Air, Grant, Reach, Released, ReportWaiting
from review.scheduling.expiry import Watch
from review.stores import Stores
from review.streams.types import StreamState, Wanted
from tests.review.scheduling.conftest import Clock, Order
from tests.review.scheduling.forsaken import Beat, Serving, held, last, told
from tests.review.scheduling.on_air import recorded, serving

__all__ = ["recorded", "serving"]


def test_a_source_that_gives_nothing_is_told_with_its_reason_once(
    live: Stores, order: Order, serving: Serving, clock: Clock
) -> None:
    order("s1")
    live.leases.apply([Grant(stream_id="s1", worker_id="w1", seen=unseen("s1"))])
    away = Reach(
        token=1, recorded_ms=0, analysed_ms=0, air=Air.AWAY, kind=GapKind.NETWORK, why="the server answered 404"
    )
    for _ in range(10):
        clock.pass_ms(5_000)
        live.leases.renew("w1", {"s1": away})
        serving.keeping.keep()
    assert told(live) == ["stream.unreachable"]
    body = last(live, "stream.unreachable").body
    assert body == {"error": "the server answered 404", "kind": "network", "why": "the server answered 404"}
    assert (live.streams.stream_now("s1").state, live.streams.stream_now("s1").error) == (
        StreamState.UNREACHABLE,
        "the server answered 404",
    )
    live.leases.renew("w1", {"s1": Reach(token=1, recorded_ms=2_000, analysed_ms=0, air=Air.ON)})
    assert told(live) == ["stream.unreachable", "stream.live"], "it is live for the first time"


def test_each_try_of_an_unreachable_source_is_not_told_anew(live: Stores, order: Order, clock: Clock) -> None:
    order("s1")
    why = "http://live.example/1: the server answered 410; check the URL"
    for tries in range(5):
        seen = live.leases.lease("s1") or unseen("s1")
        live.leases.apply([Grant(stream_id="s1", worker_id="w1", seen=seen, restarts=tries)])
        live.leases.release("s1", held(live).token, Released.UNREACHABLE, why)
        assert live.streams.stream_now("s1").state is StreamState.UNREACHABLE
        clock.pass_ms(60_000)
    assert told(live) == ["stream.unreachable"]
    assert last(live, "stream.unreachable").body["error"] == why


def test_a_source_that_goes_away_and_comes_back_is_told_and_is_no_death(
    live: Stores, recorded: Beat, clock: Clock
) -> None:
    why = "the playlist was not had: the server answered 503"
    recorded(Air.AWAY, kind=GapKind.NETWORK, why=why)
    assert live.streams.stream_now("s1").state is StreamState.UNREACHABLE
    assert live.streams.coverage("s1").gaps == ()
    clock.pass_ms(9_000)
    recorded()
    assert told(live) == ["stream.live", "stream.unreachable", "stream.resumed"]


def test_whoever_takes_it_over_and_has_not_begun_unrecords_nothing(live: Stores, recorded: Beat) -> None:
    live.leases.renew("w1", {"s1": Reach(token=held(live).token, recorded_ms=0, analysed_ms=0)})
    assert (held(live).recorded_ms, held(live).on_air) == (60_000, True)


def test_what_is_recorded_for_the_first_time_is_live_once_some_of_it_is_analysed(
    live: Stores, order: Order, make_segment: Callable[..., Segment]
) -> None:
    order("s1")
    live.leases.apply([Grant(stream_id="s1", worker_id="w1", seen=unseen("s1"))])
    for recorded_ms in (2_000, 4_000, 6_000):
        live.leases.renew("w1", {"s1": Reach(token=1, recorded_ms=recorded_ms, analysed_ms=0, air=Air.ON)})
    assert (told(live), live.streams.stream_now("s1").state) == ([], StreamState.WAITING)
    live.stream_writer.report_live(make_segment(0), token=1)
    live.stream_writer.report_live(make_segment(0), token=1)
    assert (told(live), live.streams.stream_now("s1").state) == (["stream.live"], StreamState.LIVE)


def test_a_full_disk_is_no_fault_of_the_source(live: Stores, recorded: Beat, clock: Clock) -> None:
    for _ in range(3):
        clock.pass_ms(5_000)
        recorded(Air.AWAY, kind=GapKind.SHED, why="disk full")
    assert told(live) == ["stream.live", "stream.interrupted"]
    gap = live.streams.coverage("s1").gaps[-1]
    assert (gap.kind, gap.why, gap.length_ms) == (GapKind.SHED, "disk full", 15_000)


def test_a_worker_that_dies_while_its_source_is_away_interrupts_what_was_live(
    live: Stores, recorded: Beat, serving: Serving
) -> None:
    recorded(Air.AWAY, kind=GapKind.NETWORK, why="the server answered 503")
    serving.looks(40)
    assert told(live) == ["stream.live", "stream.unreachable", "stream.interrupted"]
    assert live.streams.stream_now("s1").state is StreamState.INTERRUPTED


def test_a_worker_that_leaves_in_good_order_and_has_no_successor_is_told_as_such(live: Stores, recorded: Beat) -> None:
    live.leases.release("s1", held(live).token, Released.GIVEN_BACK)
    assert told(live) == ["stream.live"], "somebody may go on at once"
    for _ in range(2):
        live.leases.apply([ReportWaiting(stream_id="s1", seen=held(live), why="no worker is running")])
    assert told(live) == ["stream.live", "stream.interrupted"]
    body = last(live, "stream.interrupted").body
    assert (body["kind"], body["why"]) == ("shed", "its worker gave it back; no worker is running")


def test_a_failing_stage_interrupts_and_the_next_try_resumes(live: Stores, recorded: Beat, clock: Clock) -> None:
    live.leases.release("s1", held(live).token, Released.FAILED, "the recogniser died")
    assert last(live, "stream.interrupted").body["why"] == "the recogniser died"
    live.leases.apply([Grant(stream_id="s1", worker_id="w1", seen=held(live), restarts=1)])
    recorded()
    assert told(live) == ["stream.live", "stream.interrupted", "stream.resumed"]


def test_a_database_that_was_away_makes_nobody_dead(
    live: Stores, recorded: Beat, serving: Serving, clock: Clock
) -> None:
    serving.looks(10)
    clock.pass_ms(600_000)
    assert serving.keeping.keep() == 0, "every lease looks old at once"
    recorded()
    assert serving.looks(10) == 0
    assert told(live) == ["stream.live"]


def test_a_clock_of_another_machine_that_is_wrong_makes_nobody_dead(
    live: Stores, recorded: Beat, database_url: str, clock: Clock
) -> None:
    ahead = Clock()
    ahead.at = clock.at
    serving = Serving(live, database_url, ahead)
    ahead.pass_ms(3_600_000)
    for _ in range(10):
        clock.pass_ms(5_000)
        recorded()
        assert serving.looks(5) == 0
    serving.engine.dispose()
    assert told(live) == ["stream.live"]


def test_a_value_is_old_once_it_was_the_same_for_so_long_while_somebody_looked() -> None:
    now = 0
    watch = Watch(15_000, lambda: now)

    def old(after_ms: int, **values: int) -> frozenset[str]:
        nonlocal now
        now += after_ms
        return watch.old(values.items())

    assert old(0, a=1) == frozenset()
    assert old(7_000, a=1, b=1) == frozenset()
    assert old(7_000, a=1, b=1) == frozenset()
    assert old(1_000, a=1, b=1) == {"a"}
    assert old(7_000, a=2, b=1) == {"b"}, "another value is a new one"
    assert old(60_000, a=2, b=1) == frozenset(), "nobody looked meanwhile"
    assert old(7_000, a=2) == frozenset()
    assert old(7_000, a=2) == frozenset()
    assert old(7_000, a=2) == {"a"}
    watch.forget()
    assert old(1_000, a=2) == frozenset()


def test_what_is_wanted_and_runs_is_left_alone(live: Stores, order: Order, serving: Serving) -> None:
    order("s1")
    order("s2", wanted=Wanted.RUN)
    assert serving.looks(60) == 0
    assert told(live) == []

"""What the serving processes tell of broadcasts whose worker is gone: once, on both databases, whoever else looks."""

import threading
from collections.abc import Callable

import pytest

from ingest.recording.ledger import Coverage
from ingest.types import Gap, GapKind, Segment
from review.scheduling.applying import unseen
from review.scheduling.decisions import Air, Close, Free, Grant, Reach, Released, ReportWaiting
from review.scheduling.status import LOST
from review.stores import Stores
from review.streams.types import StreamState
from tests.review.scheduling.conftest import Clock, Order, worker
from tests.review.scheduling.forsaken import Beat, Serving, held, last, stop, told
from tests.review.scheduling.on_air import recorded, serving

__all__ = ["recorded", "serving"]


def test_a_dead_workers_broadcast_is_told_once(live: Stores, recorded: Beat, serving: Serving) -> None:
    assert serving.looks(60) == 1
    assert told(live) == ["stream.live", "stream.interrupted"]
    event = last(live, "stream.interrupted")
    assert event.body["kind"] == "crash"
    assert event.body["why"] == LOST
    assert event.body["start_ms"] == 60_000
    assert event.body["since_at_ms"] == held(live).recorded_at_ms
    stream = live.streams.stream("s1")
    assert (stream.state, stream.error) == (StreamState.INTERRUPTED, LOST)


def test_until_it_is_told_it_is_seen_all_the_same(live: Stores, recorded: Beat, clock: Clock) -> None:
    clock.pass_ms(75_000)
    shown = live.orders.ordered("s1")
    assert (shown.stream.state, shown.status.why) == (StreamState.INTERRUPTED, LOST)
    assert live.streams.stream_now("s1").state is StreamState.INTERRUPTED
    coverage = live.streams.coverage("s1")
    assert coverage.gaps == (Gap(kind=GapKind.CRASH, start_ms=60_000, end_ms=135_000, why=LOST),)
    assert (coverage.span_ms, coverage.analysed_ms, coverage.waiting_ms) == (135_000, 56_000, 4_000)
    assert coverage.per_mille == 414
    assert live.streams.coverage(None).gap_ms == 75_000
    assert live.analytics.coverage().lost_ms == {"crash": 75_000}
    (stream,) = live.overview.view().streams
    assert (stream.state, stream.worker_id, stream.lag_ms) == (StreamState.INTERRUPTED, "", 79_000)
    assert stream.coverage == pytest.approx(56 / 135)
    assert live.streams.ledger("s1").gaps == (), (
        "who goes on with the ledger must not take for settled what is only seen"
    )


def test_what_is_told_of_one_moment_adds_up_however_long_it_takes_to_read(
    live: Stores, recorded: Beat, clock: Clock
) -> None:
    clock.pass_ms(75_000)
    shown = live.orders.ordered("s1")
    clock.pass_ms(5_000)
    coverage = shown.covered(live.streams.ledger("s1"))
    assert coverage.gaps == (shown.status.missed,)
    assert (coverage.span_ms, coverage.waiting_ms) == (135_000, 4_000)


def test_a_dead_worker_is_in_no_list_and_in_no_sum(live: Stores, recorded: Beat, clock: Clock) -> None:
    assert (live.overview.places().workers, live.overview.places().places) == (1, 4)
    clock.pass_ms(16_000)
    view = live.overview.view()
    assert (view.workers, view.silent_workers) == ((), 1)
    assert (live.overview.places().workers, live.overview.places().places) == (0, 0)
    assert view.states[StreamState.INTERRUPTED] == 1
    assert view.states[StreamState.LIVE] == 0


def test_two_serving_processes_tell_it_once(
    live: Stores, recorded: Beat, serving: Serving, database_url: str, clock: Clock
) -> None:
    others = [Serving(live, database_url, clock) for _ in range(3)]
    for _ in range(3):
        clock.pass_ms(7_000)
        assert [one.keeping.keep() for one in (serving, *others)] == [0] * 4
    found: list[int] = []
    start = threading.Barrier(4)

    def look(one: Serving) -> None:
        start.wait(30)
        found.append(one.keeping.keep())

    clock.pass_ms(2_000)
    threads = [threading.Thread(target=look, args=(one,)) for one in (serving, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in others:
        one.engine.dispose()
    assert sorted(found) == [0, 0, 0, 1]
    assert told(live) == ["stream.live", "stream.interrupted"]


def test_the_dispatcher_and_a_serving_process_tell_it_once(live: Stores, recorded: Beat, serving: Serving) -> None:
    serving.looks(10)
    serving._clock.pass_ms(10_000)
    assert live.leases.apply([Free(stream_id="s1", seen=held(live), why="no worker is running", restarts=1)]) == 1
    serving.looks(60)
    assert told(live) == ["stream.live", "stream.interrupted"]
    assert live.streams.coverage("s1").gaps[-1].why == f"{LOST}; no worker is running"


def test_whoever_goes_on_tells_it_once(live: Stores, recorded: Beat, serving: Serving, clock: Clock) -> None:
    serving.looks(60)
    live.leases.beat(worker("w2"))
    assert live.leases.apply([Grant(stream_id="s1", worker_id="w2", seen=held(live), restarts=1)]) == 1
    recorded(Air.UNSEEN, worker_id="w2")
    serving.looks(20)
    assert told(live)[-1] == "stream.interrupted", "the new worker has recorded nothing yet"
    assert live.streams.coverage("s1").gap_ms == 80_000
    for _ in range(3):
        clock.pass_ms(1_000)
        recorded(worker_id="w2")
        serving.keeping.keep()
    assert told(live) == ["stream.live", "stream.interrupted", "stream.resumed"]
    body = last(live, "stream.resumed").body
    assert (body["start_ms"], body["away_ms"]) == (60_000, 81_000)
    assert (live.streams.stream("s1").state, live.streams.stream("s1").error) == (StreamState.LIVE, None)
    assert live.streams.coverage("s1").gaps == (), "what was missed is now for the recording to say"
    assert (held(live).away_kind, held(live).away_why) == ("", "")


def test_what_was_recorded_before_and_is_analysed_now_ends_no_interruption(
    live: Stores, recorded: Beat, serving: Serving, make_segment: Callable[..., Segment]
) -> None:
    serving.looks(60)
    live.leases.apply([Grant(stream_id="s1", worker_id="w2", seen=held(live), restarts=1)])
    live.stream_writer.report_live(make_segment(0), token=held(live).token)
    assert live.streams.stream("s1").state is StreamState.INTERRUPTED


def test_a_worker_that_dies_before_it_told_that_it_records_interrupts_what_it_judged(
    live: Stores, order: Order, serving: Serving, clock: Clock, make_segment: Callable[..., Segment]
) -> None:
    order("s1")
    live.leases.beat(worker())
    live.leases.apply([Grant(stream_id="s1", worker_id="w1", seen=unseen("s1"))])
    first = make_segment(0, live=True, received_at_ms=int(clock.at.timestamp() * 1000))
    live.stream_writer.report_live(first, token=held(live).token)
    assert live.streams.stream_now("s1").state is StreamState.LIVE
    assert serving.looks(60) == 1
    assert told(live) == ["stream.live", "stream.interrupted"]
    gap = live.streams.coverage("s1").gaps[-1]
    assert (gap.start_ms, gap.length_ms, gap.why) == (2_000, 60_000, LOST)


def test_a_file_whose_worker_dies_before_it_told_of_it_waits(
    live: Stores, order: Order, serving: Serving, make_segment: Callable[..., Segment]
) -> None:
    order("s1")
    live.leases.beat(worker())
    live.leases.apply([Grant(stream_id="s1", worker_id="w1", seen=unseen("s1"))])
    live.stream_writer.report_live(make_segment(0), token=held(live).token)
    serving.looks(60)
    assert live.streams.stream_now("s1").state is StreamState.WAITING
    assert live.streams.coverage("s1").gaps == ()


def test_a_takeover_by_the_dispatcher_is_told_at_once_and_its_end_too(
    live: Stores, recorded: Beat, clock: Clock
) -> None:
    clock.pass_ms(11_000)
    live.leases.apply([Grant(stream_id="s1", worker_id="w2", seen=held(live), restarts=1)])
    clock.pass_ms(2_000)
    recorded(worker_id="w2")
    assert told(live) == ["stream.live", "stream.interrupted", "stream.resumed"]
    assert last(live, "stream.interrupted").body["why"] == LOST
    assert last(live, "stream.resumed").body["away_ms"] == 13_000


def test_a_worker_that_is_started_again_within_the_lease_interrupts_nothing(
    live: Stores, recorded: Beat, serving: Serving
) -> None:
    serving.looks(5)
    live.leases.beat(worker(started_at_ms=2))
    serving.looks(5)
    recorded()
    serving.looks(10)
    recorded()
    assert told(live) == ["stream.live"]
    assert live.streams.stream_now("s1").state is StreamState.LIVE
    assert live.streams.coverage("s1").gaps == ()


def test_a_worker_that_comes_back_while_it_is_told_of_wins_or_resumes(
    live: Stores, recorded: Beat, serving: Serving, clock: Clock
) -> None:
    """Whichever of the two comes first, the events fit one another and the last word is that it is live."""
    for _ in range(10):
        clock.pass_ms(5_000)
        recorded()
        serving.keeping.keep()
        assert serving.looks(10) == 0
        clock.pass_ms(5_000)
        start = threading.Barrier(2)

        def come_back(start: threading.Barrier = start) -> None:
            start.wait(30)
            recorded()

        coming = threading.Thread(target=come_back)
        coming.start()
        start.wait(30)
        serving.keeping.keep()
        coming.join()
        recorded()
        assert live.streams.stream("s1").state is StreamState.LIVE
    kinds = told(live)[1:]
    assert kinds == ["stream.interrupted", "stream.resumed"] * (len(kinds) // 2)


def test_a_silent_broadcast_is_live(live: Stores, recorded: Beat, serving: Serving) -> None:
    for _ in range(20):
        assert serving.looks(5) == 0
        recorded()
    assert told(live) == ["stream.live"]
    assert live.streams.stream_now("s1").state is StreamState.LIVE
    assert live.streams.last_said_ms("s1") is None


def test_a_file_whose_worker_died_waits_and_misses_nothing(live: Stores, recorded: Beat, serving: Serving) -> None:
    recorded(Air.OVER)
    serving.looks(60)
    assert told(live) == ["stream.live"]
    assert (live.streams.stream_now("s1").state, live.streams.coverage("s1").gaps) == (StreamState.WAITING, ())


def test_a_stop_that_no_worker_heeds_is_done_and_the_gap_ends_with_it(
    live: Stores, recorded: Beat, serving: Serving, clock: Clock
) -> None:
    serving.looks(75)
    stop(live)
    assert serving.looks(20) == 1
    assert told(live) == ["stream.live", "stream.interrupted", "stream.stopped"]
    coverage = live.streams.coverage("s1")
    assert coverage == live.streams.ledger("s1")
    unheard = Gap(kind=GapKind.CRASH, start_ms=56_000, end_ms=60_000, why="the analysis ended before")
    missed = Gap(kind=GapKind.CRASH, start_ms=60_000, end_ms=135_000, why=LOST)
    assert (coverage.gaps, coverage.waiting_ms) == ((unheard, missed), 0)
    assert coverage.analysed_ms == 56_000
    assert [e.body["why"] for e in live.events.after("local") if e.kind == "stream.gap"] == [
        "the analysis ended before",
        LOST,
    ]
    assert live.streams.stream("s1").state is StreamState.ENDED
    assert live.overview.view().streams == ()
    assert serving.looks(60) == 0
    assert live.streams.coverage("s1") == coverage, "what is over does not grow"


@pytest.mark.parametrize("known_ms", [58_000, 60_000, 62_000])
def test_a_stop_takes_nothing_back_of_what_was_seen_before_it(
    live: Stores, recorded: Beat, serving: Serving, clock: Clock, known_ms: int
) -> None:
    """The ledger may know more of the recording than the lease, which is renewed every few seconds."""
    live.stream_writer.put_coverage(
        "s1", Coverage(span_ms=known_ms, analysed_ms=56_000, waiting_ms=known_ms - 56_000, gaps=())
    )
    serving.looks(75)
    before = live.streams.coverage("s1")
    stop(live)
    serving.looks(20)
    after = live.streams.coverage("s1")
    assert (before.span_ms, after.span_ms) == (135_000, 135_000)
    assert before.gaps[-1] == after.gaps[-1]
    assert after.gaps[-1].start_ms == max(known_ms, 60_000)
    assert after.gap_ms == before.gap_ms + before.waiting_ms


def test_a_stop_is_done_once_whoever_does_it(live: Stores, recorded: Beat, serving: Serving, database_url: str) -> None:
    serving.looks(60)
    stop(live)
    seen = held(live)
    assert serving.looks(5) == 1
    assert live.leases.apply([Close(stream_id="s1", seen=seen, state=StreamState.ENDED)]) == 0
    assert told(live).count("stream.stopped") == 1


def test_a_stop_that_a_living_worker_heeds_is_left_to_it(live: Stores, recorded: Beat, serving: Serving) -> None:
    stop(live)
    for _ in range(10):
        assert serving.looks(5) == 0
        recorded(Air.OVER)
    live.leases.release("s1", held(live).token, Released.ENDED)
    assert told(live) == ["stream.live", "stream.stopped"]
    assert [gap.why for gap in live.streams.coverage("s1").gaps] == ["the analysis ended before"]


@pytest.mark.parametrize("is_seen", [False, True], ids=["never leased", "leased"])
def test_a_stop_before_anybody_worked_on_it_is_done(
    live: Stores, order: Order, serving: Serving, is_seen: bool
) -> None:
    order("s1")
    if is_seen:
        live.leases.apply([ReportWaiting(stream_id="s1", seen=unseen("s1"), why="no worker is running")])
    stop(live)
    assert serving.looks(5) == 1
    assert (told(live), live.streams.stream("s1").state) == (["stream.stopped"], StreamState.ENDED)
    assert live.streams.coverage("s1").span_ms == 0


def test_a_stop_of_what_was_recorded_and_never_analysed_says_so(live: Stores, order: Order, serving: Serving) -> None:
    order("s1")
    live.leases.apply([Grant(stream_id="s1", worker_id="w1", seen=unseen("s1"))])
    reach = Reach(token=1, recorded_ms=8_000, analysed_ms=0, air=Air.ON)
    live.leases.renew("w1", {"s1": reach})
    serving.looks(40)
    stop(live)
    serving.looks(5)
    coverage = live.streams.coverage("s1")
    assert (coverage.analysed_ms, coverage.waiting_ms, coverage.gap_ms) == (0, 0, 48_000)


def test_what_ends_before_anybody_went_on_was_missed_until_then(
    live: Stores, recorded: Beat, serving: Serving, clock: Clock
) -> None:
    serving.looks(60)
    live.leases.apply([Grant(stream_id="s1", worker_id="w2", seen=held(live), restarts=1)])
    clock.pass_ms(5_000)
    live.leases.release("s1", held(live).token, Released.REFUSED, "its address is refused")
    assert live.streams.stream("s1").state is StreamState.FAILED
    gap = live.streams.coverage("s1").gaps[-1]
    assert (gap.start_ms, gap.length_ms, gap.why) == (60_000, 65_000, f"{LOST}; its address is refused")

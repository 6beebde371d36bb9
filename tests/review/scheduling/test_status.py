"""Where a broadcast stands, whatever its row says: pure, by its lease and the time."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.recording.ledger import NOTHING, Coverage
from ingest.types import Gap, GapKind
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.status import LOST, StreamStatus, covered, status_of
from review.scheduling.types import Lease
from review.streams.types import Host, StreamRecord, StreamState

TERMS = LeaseTerms()
DIED_MS = 1_000_000
"""When the last beat came, at which the broadcast was recorded up to a minute."""
HELD = Lease(
    stream_id="s1",
    worker_id="w1",
    token=1,
    until_ms=DIED_MS + TERMS.lease_ms,
    recorded_ms=60_000,
    analysed_ms=56_000,
    beat_at_ms=DIED_MS,
    recorded_at_ms=DIED_MS,
    on_air=True,
)
FREED = replace(HELD, worker_id="", token=2, away_kind="crash", away_why=LOST, why="no worker is running")


def at(seconds: float) -> int:
    return DIED_MS + round(seconds * 1000)


def stands(state: StreamState, lease: Lease | None, seconds: float, **more: int) -> StreamStatus:
    return status_of(state, lease, at(seconds), TERMS, span_ms=58_000, **more)


@pytest.mark.parametrize("seconds", [0, 1, 14.999], ids=str)
def test_within_a_lease_nothing_is_said_to_be_interrupted(seconds: float) -> None:
    found = stands(StreamState.LIVE, HELD, seconds)
    assert (found.state, found.worker_id, found.why, found.missed) == (StreamState.LIVE, "w1", "", None)


def test_a_dead_worker_is_told_with_the_time_that_nobody_recorded() -> None:
    found = stands(StreamState.LIVE, HELD, 75)
    gap = Gap(kind=GapKind.CRASH, start_ms=60_000, end_ms=135_000, why=LOST)
    assert found == StreamStatus(state=StreamState.INTERRUPTED, worker_id="", why=LOST, missed=gap)


def test_a_lease_that_somebody_freed_says_how_its_holder_was_lost_and_why_nobody_goes_on() -> None:
    found = stands(StreamState.INTERRUPTED, FREED, 20)
    assert found.missed is not None
    assert (found.missed.kind, found.missed.why) == (GapKind.CRASH, f"{LOST}; no worker is running")
    assert found.why == "no worker is running"


def test_what_was_given_back_and_that_nobody_takes_is_interrupted_by_no_crash() -> None:
    given = replace(FREED, away_kind="shed", away_why="its worker gave it back", why="")
    assert stands(StreamState.LIVE, given, 5).state is StreamState.LIVE, "somebody may be about to take it"
    found = stands(StreamState.LIVE, given, 30)
    assert found.state is StreamState.INTERRUPTED
    assert found.missed is not None
    assert (found.missed.kind, found.missed.length_ms) == (GapKind.SHED, 30_000)


def test_a_new_holder_that_records_nothing_yet_ends_no_interruption() -> None:
    taken = replace(FREED, worker_id="w2", until_ms=at(80), beat_at_ms=at(65), why="")
    found = stands(StreamState.INTERRUPTED, taken, 70)
    assert (found.state, found.worker_id, found.why) == (StreamState.INTERRUPTED, "w2", "")
    assert found.missed is not None
    assert found.missed.length_ms == 70_000


def test_a_stop_ends_the_gap() -> None:
    found = stands(StreamState.LIVE, HELD, 500, stopped_at_ms=at(75))
    assert found.missed is not None
    assert found.missed.length_ms == 75_000


def test_a_stop_before_the_death_leaves_no_gap() -> None:
    assert stands(StreamState.LIVE, HELD, 500, stopped_at_ms=at(-5)).missed is None


def test_a_lease_that_was_never_taken_waits() -> None:
    never = Lease(stream_id="s1", worker_id="", token=0, until_ms=0, why="all 3 places are taken")
    assert stands(StreamState.WAITING, None, 900) == StreamStatus(state=StreamState.WAITING, why="a worker")
    assert stands(StreamState.WAITING, never, 900) == StreamStatus(
        state=StreamState.WAITING, why="all 3 places are taken"
    )


def test_a_worker_that_dies_before_anything_came_leaves_a_broadcast_that_waits() -> None:
    began = replace(HELD, recorded_ms=0, analysed_ms=0, recorded_at_ms=0, on_air=False)
    assert stands(StreamState.WAITING, began, 5) == StreamStatus(state=StreamState.WAITING, worker_id="w1")
    assert stands(StreamState.WAITING, began, 75) == StreamStatus(state=StreamState.WAITING, why=LOST)


def test_a_file_waits_for_whoever_goes_on_and_nothing_of_it_is_missed() -> None:
    found = stands(StreamState.LIVE, replace(HELD, on_air=False), 75)
    assert (found.state, found.missed) == (StreamState.WAITING, None)


def test_an_unreachable_source_is_no_interruption_while_a_worker_tries() -> None:
    tried = replace(HELD, until_ms=at(100))
    assert stands(StreamState.UNREACHABLE, tried, 90) == StreamStatus(state=StreamState.UNREACHABLE, worker_id="w1")


def test_an_unreachable_source_is_tried_again_after_a_while() -> None:
    later = replace(FREED, not_before_ms=at(100), away_kind="network", away_why="the server answered 503", why="503")
    found = stands(StreamState.UNREACHABLE, later, 90)
    assert found.state is StreamState.UNREACHABLE
    assert found.missed is not None, "it was live, and its worker has let go"
    assert (found.missed.kind, found.missed.why) == (GapKind.NETWORK, "the server answered 503; 503")


@pytest.mark.parametrize(("on_air", "state"), [(True, StreamState.INTERRUPTED), (False, StreamState.WAITING)])
def test_when_nobody_tries_any_more_a_source_is_not_said_to_be_unreachable(on_air: bool, state: StreamState) -> None:
    assert stands(StreamState.UNREACHABLE, replace(HELD, on_air=on_air), 75).state is state


@pytest.mark.parametrize("state", [StreamState.ENDED, StreamState.FAILED], ids=str)
def test_what_is_over_stays_over(state: StreamState) -> None:
    assert stands(state, HELD, 9_000) == StreamStatus(state=state)


@pytest.mark.parametrize("back_s", [1, 3_600, 10_000_000], ids=str)
def test_a_clock_that_is_set_back_makes_no_gap(back_s: int) -> None:
    found = stands(StreamState.INTERRUPTED, FREED, -back_s)
    assert found.missed is None
    assert stands(StreamState.LIVE, HELD, -back_s) == StreamStatus(state=StreamState.LIVE, worker_id="w1")


def test_a_shown_stream_has_no_error_of_an_earlier_state() -> None:
    stored = StreamRecord(
        stream_id="s1",
        source="x",
        host=Host(id="h", name="", platform=""),
        title="",
        started_at=None,
        state=StreamState.UNREACHABLE,
        error="the server answered 404",
    )
    died = stands(StreamState.UNREACHABLE, replace(HELD, on_air=False), 75)
    assert (died.shown(stored).state, died.shown(stored).error) == (StreamState.WAITING, LOST)
    tried = stands(StreamState.UNREACHABLE, replace(HELD, until_ms=at(100)), 75)
    assert tried.shown(stored) is stored


LEASES = st.builds(
    Lease,
    stream_id=st.just("s1"),
    worker_id=st.sampled_from(["", "w1"]),
    token=st.just(1),
    until_ms=st.integers(0, 200_000),
    not_before_ms=st.integers(0, 200_000),
    recorded_ms=st.integers(0, 200_000),
    analysed_ms=st.just(0),
    recorded_at_ms=st.integers(0, 200_000),
    on_air=st.booleans(),
    away_kind=st.sampled_from(["", *GapKind]),
    away_why=st.sampled_from(["", "why"]),
)


@given(
    state=st.sampled_from(StreamState),
    lease=LEASES,
    now_ms=st.integers(0, 300_000),
    settled_ms=st.integers(0, 100_000),
    waiting_ms=st.integers(0, 50_000),
    stopped_at_ms=st.none() | st.integers(0, 300_000),
)
def test_the_account_always_adds_up_and_only_grows(
    state: StreamState, lease: Lease, now_ms: int, settled_ms: int, waiting_ms: int, stopped_at_ms: int | None
) -> None:
    stored = Coverage(span_ms=settled_ms + waiting_ms, analysed_ms=settled_ms, waiting_ms=waiting_ms, gaps=())
    spans = []
    for later_ms in (0, 1, 20_000):
        found = status_of(state, lease, now_ms + later_ms, TERMS, span_ms=stored.span_ms, stopped_at_ms=stopped_at_ms)
        now = covered(stored, lease.recorded_ms, found.missed)
        assert now.analysed_ms + now.waiting_ms + now.gap_ms == now.span_ms
        assert now.analysed_ms == stored.analysed_ms
        assert now.waiting_ms >= 0
        assert now.span_ms >= stored.span_ms
        if found.missed is not None:
            spans.append(now.span_ms)
    assert spans == sorted(spans)


@given(state=st.sampled_from(StreamState), lease=LEASES, now_ms=st.integers(0, 300_000))
def test_a_live_broadcast_is_recorded_by_somebody_who_told_so_within_a_lease(
    state: StreamState, lease: Lease, now_ms: int
) -> None:
    found = status_of(state, lease, now_ms, TERMS)
    if found.state is StreamState.LIVE:
        is_fresh = lease.on_air and now_ms - lease.recorded_at_ms < TERMS.lease_ms
        assert is_fresh or found.worker_id
    if found.missed is not None:
        assert found.state in (StreamState.INTERRUPTED, StreamState.UNREACHABLE)


def test_nothing_and_nothing_is_nothing() -> None:
    assert covered(NOTHING, 0, None) == NOTHING


def every_lease() -> list[Lease]:
    """A lease of each kind that the state depends on, around the moment DIED_MS."""
    kinds = itertools.product(("", "w1"), (-1, 1), (-1, 1), (0, 10, 20), (False, True))
    return [
        replace(
            HELD,
            stream_id=f"s{number}",
            worker_id=worker_id,
            until_ms=at(until),
            not_before_ms=at(not_before),
            recorded_at_ms=at(-recorded) if recorded else 0,
            on_air=on_air,
        )
        for number, (worker_id, until, not_before, recorded, on_air) in enumerate(kinds)
    ]

"""The scheduler loses nobody, keeps order, waits no longer than it may, and lets no stream take over."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.batching.batcher import LEAD_MS, Batcher, BatcherSettings, SharedCall
from asr.batching.buckets import bucket_ms
from asr.errors import SpeechSettingsError, WrongAudioError
from asr.recogniser import FULL_WINDOW_MS, LONGEST_CUT_MS, SILENCE_AFTER_MS, Cut

SILENCE = np.zeros(LONGEST_CUT_MS * 16 + 16, np.float32)
arrivals = st.lists(st.tuples(st.integers(0, 4), st.integers(1, LONGEST_CUT_MS), st.integers(0, 900)), max_size=50)


def cut_of(stream_id: str, length_ms: int, start_ms: int = 0) -> Cut:
    return Cut(
        stream_id=stream_id,
        start_ms=start_ms,
        end_ms=start_ms + length_ms,
        speech_start_ms=start_ms,
        speech_end_ms=start_ms + length_ms,
        samples=SILENCE[: length_ms * 16],
    )


def drain(batcher: Batcher, now_ms: int) -> list[SharedCall]:
    calls = []
    while call := batcher.take(now_ms):
        calls.append(call)
    return calls


@given(arrivals, st.integers(1, 9), st.integers(0, 1_000))
def test_every_cut_comes_out_once_in_its_streams_order(
    cuts: list[tuple[int, int, int]], batch_size: int, budget_ms: int
) -> None:
    batcher = Batcher(BatcherSettings(batch_size=batch_size, budget_ms=budget_ms))
    taken_in: list[tuple[int, str]] = []
    calls: list[SharedCall] = []
    now_ms = 0
    for stream, length_ms, pause_ms in cuts:
        now_ms += pause_ms
        admission = batcher.offer(cut_of(str(stream), length_ms, now_ms), now_ms)
        if admission.ticket is not None:
            taken_in.append((admission.ticket, str(stream)))
        if pause_ms % 3 == 0 and (call := batcher.take(now_ms)):
            calls.append(call)
    calls += drain(batcher, now_ms + budget_ms)
    assert batcher.waiting_count == 0
    assert batcher.next_due_ms() is None
    came_out = [(ticket, cut.stream_id) for call in calls for ticket, cut in zip(call.tickets, call.cuts, strict=True)]
    assert sorted(came_out) == taken_in
    for stream_id in {stream_id for _, stream_id in taken_in}:
        tickets = [ticket for ticket, stream in came_out if stream == stream_id]
        assert tickets == sorted(tickets)


@given(arrivals, st.integers(1, 9))
def test_a_call_holds_one_bucket_that_is_each_cuts_own(cuts: list[tuple[int, int, int]], batch_size: int) -> None:
    batcher = Batcher(BatcherSettings(batch_size=batch_size))
    for stream, length_ms, _ in cuts:
        batcher.offer(cut_of(str(stream), length_ms), 0)
    for call in drain(batcher, 10_000):
        assert 1 <= len(call.cuts) <= batch_size
        for cut in call.cuts:
            assert call.window_ms == bucket_ms(len(cut.samples) // 16) >= len(cut.samples) // 16 + SILENCE_AFTER_MS


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(500, 12_000), st.integers(0, 400)), max_size=60),
    st.integers(1, 8),
    st.integers(0, 500),
    st.integers(10, 3_000),
)
def test_wait_is_bounded_by_the_budget_and_the_service_of_what_waits(
    cuts: list[tuple[int, int, int]], batch_size: int, budget_ms: int, service_ms: int
) -> None:
    """One worker: a cut is taken within its budget, one call in progress, and a call for each cut it found waiting
    or that a fair turn puts before it: at most LEAD_MS and two windows of each other stream for each of its own."""
    batcher = Batcher(BatcherSettings(batch_size=batch_size, budget_ms=budget_ms))
    taken_in_ms: dict[int, tuple[int, int, str]] = {}
    now_ms, free_ms = 0, 0
    pending = []
    for stream, length_ms, pause_ms in cuts:
        now_ms += pause_ms
        pending.append((now_ms, cut_of(f"s{stream}", length_ms, now_ms)))
    shortest_ms = bucket_ms(500)
    while pending or batcher.waiting_count:
        due_ms = batcher.next_due_ms()
        next_ms = min([at for at, _ in pending[:1]] + ([] if due_ms is None else [max(due_ms, free_ms)]))
        now_ms = max(now_ms if not pending else 0, next_ms)
        while pending and pending[0][0] <= now_ms:
            at_ms, cut = pending.pop(0)
            own = sum(1 for _, _, stream_id in taken_in_ms.values() if stream_id == cut.stream_id)
            ticket = batcher.offer(cut, at_ms).ticket
            assert ticket is not None
            taken_in_ms[ticket] = (at_ms, own, cut.stream_id)
        if free_ms <= now_ms and (call := batcher.take(now_ms)):
            for ticket in call.tickets:
                at_ms, own, _ = taken_in_ms.pop(ticket)
                turns = (own + 1) * 6 * ((LEAD_MS + 2 * FULL_WINDOW_MS) // shortest_ms + 1)
                assert now_ms - at_ms <= budget_ms + (turns + 1) * service_ms
            free_ms = now_ms + service_ms


def test_a_lone_cut_goes_when_its_budget_is_over_and_not_before() -> None:
    batcher = Batcher(BatcherSettings(budget_ms=200))
    batcher.offer(cut_of("a", 2_000), 1_000)
    assert batcher.next_due_ms() == 1_200
    assert batcher.take(1_199) is None
    call = batcher.take(1_200)
    assert call is not None
    assert call.window_ms == 5_000


def test_a_full_bucket_goes_at_once() -> None:
    batcher = Batcher(BatcherSettings(batch_size=2, budget_ms=60_000))
    batcher.offer(cut_of("a", 2_000), 0)
    batcher.offer(cut_of("b", 9_000), 0)
    assert batcher.take(0) is None
    batcher.offer(cut_of("c", 1_900), 0)
    call = batcher.take(0)
    assert call is not None
    assert [cut.stream_id for cut in call.cuts] == ["a", "c"]


def test_company_of_the_same_bucket_comes_along_though_it_is_not_due() -> None:
    batcher = Batcher(BatcherSettings(budget_ms=200))
    batcher.offer(cut_of("a", 2_000), 0)
    batcher.offer(cut_of("b", 2_000), 190)
    batcher.offer(cut_of("c", 8_000), 190)
    call = batcher.take(200)
    assert call is not None
    assert [cut.stream_id for cut in call.cuts] == ["a", "b"]
    assert batcher.take(200) is None


def test_a_stream_alone_fills_whole_calls() -> None:
    batcher = Batcher(BatcherSettings(batch_size=8, stream_limit_ms=200_000))
    for index in range(16):
        batcher.offer(cut_of("a", 10_000, index * 10_000), 0)
    assert [len(call.cuts) for call in drain(batcher, 1_000)] == [8, 8]


@settings(deadline=None)
@given(st.integers(1, 8), st.integers(500, 12_000), st.integers(500, 12_000), st.integers(1, 6))
def test_a_flood_starves_nobody_and_gets_no_more_than_its_share(
    batch_size: int, flood_length_ms: int, other_length_ms: int, other_count: int
) -> None:
    batcher = Batcher(BatcherSettings(batch_size=batch_size, budget_ms=0))
    names = ["flood", *(f"other{index}" for index in range(other_count))]
    served: Counter[str] = Counter()
    for now_ms in range(60):
        while batcher.offer(cut_of("flood", flood_length_ms), now_ms).ticket is not None:
            pass
        for name in names[1:]:
            for _ in range(batch_size):
                batcher.offer(cut_of(name, other_length_ms), now_ms)
        call = batcher.take(now_ms)
        assert call is not None
        for cut in call.cuts:
            served[cut.stream_id] += call.window_ms
        assert max(served[name] for name in names) - min(served[name] for name in names) <= LEAD_MS + FULL_WINDOW_MS


def test_time_away_earns_no_credit() -> None:
    batcher = Batcher(BatcherSettings(batch_size=1, budget_ms=0, stream_limit_ms=600_000))
    for index in range(40):
        batcher.offer(cut_of("busy", 5_000, index * 5_000), 0)
    for _ in range(20):
        batcher.take(1)
    for index in range(20):
        batcher.offer(cut_of("late", 5_000, index * 5_000), 2)
    first = [call.cuts[0].stream_id for call in (batcher.take(3) for _ in range(12)) if call]
    assert first.count("busy") >= 5


def test_a_stream_that_comes_and_goes_keeps_its_place() -> None:
    """With one cut at a time, it is served in turn; otherwise leaving would put it ahead of those who stay."""
    batcher = Batcher(BatcherSettings(batch_size=1, budget_ms=0, stream_limit_ms=600_000))
    for index in range(40):
        batcher.offer(cut_of("stays", 5_000, index * 5_000), 0)
    served: Counter[str] = Counter()
    for now_ms in range(20):
        if not served["visits"] or batcher.room_ms("visits") == 600_000:
            batcher.offer(cut_of("visits", 5_000), now_ms)
        call = batcher.take(now_ms)
        assert call is not None
        served[call.cuts[0].stream_id] += 1
    assert abs(served["stays"] - served["visits"]) <= 2


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, LONGEST_CUT_MS)), max_size=120))
def test_waiting_audio_stays_within_its_limits(cuts: list[tuple[int, int]]) -> None:
    batcher = Batcher(BatcherSettings(stream_limit_ms=60_000, limit_ms=200_000))
    waiting: Counter[str] = Counter()
    for stream, length_ms in cuts:
        stream_id = str(stream)
        room_ms = batcher.room_ms(stream_id)
        admission = batcher.offer(cut_of(stream_id, length_ms), 0)
        assert (admission.ticket is not None) == (length_ms <= room_ms)
        assert admission.room_ms == batcher.room_ms(stream_id) >= 0
        if admission.ticket is not None:
            waiting[stream_id] += length_ms
        assert waiting[stream_id] <= 60_000
        assert waiting.total() <= 200_000


def test_a_newcomer_finds_room_though_others_flood() -> None:
    batcher = Batcher(BatcherSettings(stream_limit_ms=120_000, limit_ms=300_000))
    for name in ("a", "b", "c", "d"):
        while batcher.offer(cut_of(name, 6_000), 0).ticket is not None:
            pass
    assert batcher.offer(cut_of("new", 12_000), 0).ticket is not None


def test_a_refused_cut_is_taken_when_room_is_made() -> None:
    batcher = Batcher(BatcherSettings(stream_limit_ms=27_000, budget_ms=0))
    assert batcher.offer(cut_of("a", 20_000), 0).ticket is not None
    refused = batcher.offer(cut_of("a", 8_000), 0)
    assert (refused.ticket, refused.room_ms) == (None, 7_000)
    assert batcher.take(0) is not None
    assert batcher.offer(cut_of("a", 8_000), 0).ticket is not None


@pytest.mark.parametrize("length_ms", [pytest.param(0, id="empty"), pytest.param(LONGEST_CUT_MS + 1, id="too long")])
def test_cuts_that_fit_no_window_are_refused(length_ms: int) -> None:
    with pytest.raises(WrongAudioError, match="'a'"):
        Batcher().offer(cut_of("a", length_ms), 0)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"batch_size": 0}, id="no cuts to a call"),
        pytest.param({"budget_ms": -1}, id="a budget in the past"),
        pytest.param({"stream_limit_ms": 1_000}, id="too small for a cut"),
        pytest.param({"stream_limit_ms": 100_000, "limit_ms": 60_000}, id="a stream may hold more than all"),
    ],
)
def test_impossible_settings_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(SpeechSettingsError):
        BatcherSettings(**wrong)

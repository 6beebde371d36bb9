"""The wall of what is on air: the same state and lag as the interface tells, trouble first, and a strip of time."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from claims.types import Disposition, Finding
from ingest.recording.ledger import Coverage
from ingest.types import Gap, GapKind, Segment
from review.errors import UnknownStreamError
from review.scheduling.broadcast_timeline import Ailed, joined
from review.scheduling.decisions import Air
from review.stores import Stores
from review.streams.types import StreamState
from review.stretches.types import Condition, Signal, Span
from tests.review.scheduling.conftest import Clock, Order
from tests.review.scheduling.forsaken import Beat
from tests.review.scheduling.on_air import recorded

__all__ = ["recorded"]
MakeFinding = Callable[..., Finding]


def ids(stores: Stores, most: int = 50) -> list[str]:
    return [tile.on_air.stream.stream_id for tile in stores.wall.view(None, most).tiles]


def test_state_and_lag_are_those_of_the_overview_and_of_the_interface(
    live: Stores,
    recorded: Beat,
    order: Order,
    clock: Clock,
) -> None:
    order("s2")
    for waited_ms in (0, 60_000):
        clock.pass_ms(waited_ms)
        tiles = {tile.on_air.stream.stream_id: tile.on_air for tile in live.wall.view(None, 10).tiles}
        watched = {stream.stream_id: stream for stream in live.overview.view().streams}
        assert tiles.keys() == watched.keys() == {"s1", "s2"}
        for stream_id, one in tiles.items():
            asked = live.orders.ordered(stream_id)
            assert one.stream.state is watched[stream_id].state is asked.status.state
            assert one.account.lag_ms == watched[stream_id].lag_ms
            assert one.account.coverage == watched[stream_id].coverage
            assert one.waits_for == asked.status.why
    assert tiles["s1"].stream.state is StreamState.INTERRUPTED
    assert tiles["s1"].account.lag_ms == 4_000 + 60_000


def test_trouble_comes_first_and_what_is_over_is_left_out(
    live: Stores,
    recorded: Beat,
    order: Order,
    clock: Clock,
) -> None:
    order("s0")
    order("s9")
    live.stream_writer.set_state("s9", StreamState.ENDED)
    assert ids(live) == ["s0", "s1"], "what nobody works on is before what is well"
    clock.pass_ms(60_000)
    view = live.wall.view(None, 1)
    assert [tile.on_air.stream.stream_id for tile in view.tiles] == ["s1"], "it was broken off"
    assert (view.count, view.troubled) == (2, 2)


def test_a_broadcast_of_a_command_is_there_while_it_is_live(live: Stores, order: Order) -> None:
    order("s1")
    base = live.streams.stream("s1")
    live.stream_writer.put_stream(replace(base, stream_id="c1", state=StreamState.LIVE))
    live.stream_writer.put_stream(replace(base, stream_id="c2", state=StreamState.WAITING))
    live.stream_writer.put_coverage("c1", Coverage(span_ms=100_000, analysed_ms=60_000, waiting_ms=40_000, gaps=()))
    [late] = [tile.on_air for tile in live.wall.view(None, 10).tiles if tile.on_air.stream.stream_id == "c1"]
    assert late.conditions == (Condition.LAGGING,), "nobody told that it lags, and it does"
    assert sorted(ids(live)) == ["c1", "s1"]


def test_only_the_customers_own(live: Stores, order: Order) -> None:
    order("s1")
    live.stream_writer.put_stream(
        replace(live.streams.stream("s1"), stream_id="b1", tenant_id="bolt", state=StreamState.LIVE)
    )
    assert [tile.on_air.stream.stream_id for tile in live.wall.view({"bolt"}, 10).tiles] == ["b1"]
    assert live.wall.view({"nobody"}, 10).tiles == ()


def test_the_last_finding_and_the_open_cases(live: Stores, recorded: Beat, make_finding: MakeFinding) -> None:
    findings = [make_finding(finding_id=f"f{n}", claimed=f"{n} W", quote=f"第 {n} 句") for n in range(3)]
    live.stream_writer.add_findings(findings)
    live.stream_writer.add_findings([make_finding(finding_id="note", disposition=Disposition.NOTE)])
    [tile] = live.wall.view(None, 10).tiles
    assert tile.last is not None
    assert (tile.last.finding_id, tile.last.quote) == ("f2", "第 2 句")
    assert tile.last.case_id == live.cases.case_of("f2")
    assert tile.open_cases == 3


def test_the_strip_has_gaps_marks_silence_and_what_was_missed_at_the_end(
    live: Stores,
    recorded: Beat,
    clock: Clock,
    make_finding: MakeFinding,
) -> None:
    shed = Gap(kind=GapKind.SHED, start_ms=10_000, end_ms=14_000, why="pictures left out")
    live.stream_writer.put_coverage("s1", Coverage(span_ms=58_000, analysed_ms=52_000, waiting_ms=2_000, gaps=(shed,)))
    live.stream_writer.add_findings(
        [make_finding(finding_id="f2", start_ms=30_000), make_finding(finding_id="f1", start_ms=5_000)]
    )
    clock.pass_ms(60_000)
    timeline = live.wall.broadcast("s1").timeline
    assert (timeline.settled_ms, timeline.span_ms) == (56_000, 120_000)
    assert [(gap.kind, gap.start_ms, gap.end_ms) for gap in timeline.gaps] == [
        (GapKind.SHED, 10_000, 14_000),
        (GapKind.CRASH, 60_000, 120_000),
    ]
    assert [(mark.finding_id, mark.is_decided) for mark in timeline.marks] == [("f1", False), ("f2", False)]
    assert [turn.kind for turn in timeline.turns] == ["live"]


def test_stretches_in_which_nobody_spoke_are_one(
    live: Stores, order: Order, make_segment: Callable[..., Segment]
) -> None:
    order("s1")
    live.stream_writer.add_segments(make_segment(number) for number in range(60))
    covered_ms = 0
    for number in range(60):
        start_ms = number * 2_000
        covered_ms = start_ms + 2_000
        spoken = (Span(start_ms=start_ms, end_ms=covered_ms),) if number >= 45 else ()
        signal = Signal(sequence=number, start_ms=start_ms, end_ms=covered_ms, spoken=spoken)
        so_far = Coverage(span_ms=covered_ms, analysed_ms=covered_ms, waiting_ms=0, gaps=())
        live.stream_writer.commit_segment("s1", number, coverage=so_far, signal=signal)
    timeline = live.wall.broadcast("s1").timeline
    assert timeline.ailed[:1] == (Ailed(condition=Condition.NO_SPEECH, start_ms=0, end_ms=90_000),)


def test_interruptions_are_told_with_their_reason_the_newest_first(live: Stores, recorded: Beat) -> None:
    recorded(Air.AWAY, why="the server does not answer", kind=GapKind.NETWORK)
    recorded()
    turns = live.wall.broadcast("s1").timeline.turns
    assert [turn.kind for turn in turns] == ["resumed", "unreachable", "live"]
    assert turns[1].why == "the server does not answer"


def test_a_broadcast_that_nobody_received_has_an_empty_strip(live: Stores, order: Order) -> None:
    order("s1")
    found = live.wall.broadcast("s1")
    assert found.tile.on_air.account.coverage is None
    assert (found.timeline.span_ms, found.timeline.gaps, found.timeline.marks) == (0, (), ())


def test_an_unknown_broadcast_is_told_of(live: Stores) -> None:
    with pytest.raises(UnknownStreamError):
        live.wall.broadcast("nobody")


def test_spans_that_touch_or_overlap_are_one() -> None:
    assert joined([(5, 7), (0, 2), (2, 4), (6, 9)]) == [(0, 4), (5, 9)]
    assert joined([(0, 10), (2, 3)]) == [(0, 10)]

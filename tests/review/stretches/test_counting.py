"""The fold over segments: nothing counts twice or is lost, whatever the order of borders, lateness and repetition."""

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.recording.ledger import Coverage
from ingest.types import Gap, GapKind
from review.stretches.counting import Closed, Counts, Tally
from review.stretches.types import NOTHING_UNDERSTOOD, Condition, Signal, Span, StretchTerms, Understood

TERMS = StretchTerms(length_ms=10_000, no_speech_ms=4_000, black_ms=4_000, frozen_ms=6_000)


def segment(number: int, **changes: object) -> Signal:
    """Two seconds of a broadcast."""
    made = Signal(sequence=number, start_ms=number * 2_000, end_ms=number * 2_000 + 2_000)
    return replace(made, **changes)  # type: ignore[arg-type]


def new() -> Tally:
    return Tally(length_ms=10_000)


def test_speech_across_a_border_counts_on_either_side() -> None:
    tally = new().count(segment(4, spoken=(Span(start_ms=9_400, end_ms=10_900),)), NOTHING_UNDERSTOOD)
    _, closed = tally.close_all(20_000)
    assert [stretch.counts.speech_ms for stretch in closed] == [600, 900]


def test_a_segment_that_is_analysed_again_counts_once() -> None:
    one = segment(0, spoken=(Span(start_ms=0, end_ms=2_000),), pictures=1)
    understood = Understood(heard=((1_500, 7),))
    tally = new().count(one, understood).count(one, NOTHING_UNDERSTOOD)
    _, (closed,) = tally.close_all(2_000)
    assert closed == Closed(
        start_ms=0, end_ms=2_000, counts=Counts(speech_ms=2_000, heard=1, heard_characters=7, pictures=1)
    )


def test_what_is_understood_after_its_stretch_was_told_counts_in_the_next() -> None:
    tally, first = new().count(segment(0), Understood(read=((500, 3),))).close(10_000)
    tally, second = tally.understand(Understood(heard=((9_000, 5),))).close(20_000)
    assert [(s.counts.read, s.counts.heard) for s in (*first, *second)] == [(1, 0), (0, 1)]


def test_nothing_is_told_before_it_is_settled() -> None:
    assert new().count(segment(0), NOTHING_UNDERSTOOD).close(9_999)[1] == ()


def test_the_body_clips_gaps_and_adds_up() -> None:
    gaps = tuple(
        Gap(kind=GapKind.CRASH, start_ms=start, end_ms=end, why="killed") for start, end in ((0, 500), (9_000, 12_000))
    )
    coverage = Coverage(span_ms=20_000, analysed_ms=16_500, waiting_ms=0, gaps=gaps)
    _, closed = new().close_all(20_000)
    bodies = [stretch.to_json(coverage) for stretch in closed]
    covered = [body["covered"] for body in bodies]
    assert [each["analysed_ms"] for each in covered] == [8_500, 8_000]  # type: ignore[index]
    assert covered[1]["gaps"] == [  # type: ignore[index]
        {"kind": "crash", "start_ms": 10_000, "end_ms": 12_000, "why": "killed"}
    ]


SPOKEN = (Span(start_ms=0, end_ms=2_000),)


@pytest.mark.parametrize(
    ("signals", "told"),
    [
        pytest.param([segment(n) for n in range(2)], [("no_speech", True, 0)], id="silent from the start"),
        pytest.param([segment(0, spoken=SPOKEN), segment(1)], [], id="not silent for long enough"),
        pytest.param(
            [segment(0), segment(1), segment(2, spoken=(Span(start_ms=5_000, end_ms=6_000),))],
            [("no_speech", True, 0), ("no_speech", False, 6_000)],
            id="somebody speaks again",
        ),
        pytest.param([segment(0), segment(1, analysed=False)], [], id="what was not read may have been speech"),
        pytest.param(
            [segment(0, spoken=SPOKEN), segment(9)], [], id="what was not received may have been speech"
        ),
        pytest.param(
            [segment(n, spoken=(Span(start_ms=0, end_ms=n * 2_000 + 2_000),), seen_ms=n * 2_000, black_since_ms=0)
             for n in range(4)],
            [("black_picture", True, 0)],
            id="black, told once",
        ),
        pytest.param(
            [segment(0, spoken=SPOKEN, seen_ms=0, frozen_since_ms=0), segment(1, seen_ms=0, frozen_since_ms=0)],
            [],
            id="pictures that were not looked at are not frozen",
        ),
    ],
)  # fmt: skip
def test_what_ails_is_told_when_it_begins_and_ends(signals: list[Signal], told: list[tuple[str, bool, int]]) -> None:
    tally, found = new(), []
    for signal in signals:
        tally, turns = tally.count(signal, NOTHING_UNDERSTOOD).turns(TERMS)
        found += [(turn.condition.value, turn.begins, turn.at_ms) for turn in turns]
    assert found == told


def test_a_tally_is_stored_and_read_as_it_was() -> None:
    tally, _ = (
        new().count(segment(0), Understood(flags=(5,), notes=(15_000,))).count(segment(2), NOTHING_UNDERSTOOD)
    ).turns(TERMS)
    assert Tally.from_json(tally.to_json()) == tally
    assert tally.ailing == () or tally.ailing == (Condition.NO_SPEECH,)


@given(
    lengths=st.lists(st.integers(1, 9_000), min_size=1, max_size=30),
    repeats=st.lists(st.integers(0, 29), max_size=10),
    every=st.integers(1, 5),
)
def test_all_stretches_together_are_the_whole(lengths: list[int], repeats: list[int], every: int) -> None:
    tally, closed, end_ms, expected = Tally(length_ms=7_000), [], 0, 0
    made: list[Signal] = []
    for number, length in enumerate(lengths):
        start_ms, end_ms = end_ms, end_ms + length
        span = Span(start_ms=max(0, start_ms - 20), end_ms=end_ms - length // 3)
        expected += max(0, span.end_ms - span.start_ms)
        made.append(Signal(sequence=number, start_ms=start_ms, end_ms=end_ms, spoken=(span,), pictures=1))
        tally = tally.count(made[-1], Understood(heard=((end_ms, 2),)))
        if number in repeats:
            tally = tally.count(made[number // 2], NOTHING_UNDERSTOOD)
        if number % every == 0:
            tally, more = tally.close(end_ms - 3_000)
            closed += more
    tally, more = tally.close_all(end_ms)
    closed += more
    assert [s.start_ms for s in closed] == [0, *(s.end_ms for s in closed[:-1])]
    assert closed[-1].end_ms == end_ms
    sums = {name: sum(asdict(s.counts)[name] for s in closed) for name in ("speech_ms", "heard", "pictures")}
    assert sums == {"speech_ms": expected, "heard": len(lengths), "pictures": len(lengths)}
    assert tally.open == {}

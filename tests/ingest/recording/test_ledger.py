"""The ledger sums to the whole, whatever happened."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingest.recording.gap_causes import Note, causes, joined, one_cause
from ingest.recording.ledger import Coverage, Ledger
from ingest.types import Gap, GapKind

KINDS = st.sampled_from(list(GapKind))
MOMENTS = st.integers(0, 100_000)


@st.composite
def gaps(draw: st.DrawFn) -> Gap:
    start_ms = draw(MOMENTS)
    length_ms = draw(st.integers(1, 20_000))
    return Gap(kind=draw(KINDS), start_ms=start_ms, end_ms=start_ms + length_ms, why=draw(st.sampled_from("ab")))


ENTRIES = st.one_of(
    st.tuples(st.just("analysed"), gaps(), st.lists(gaps(), max_size=3)),
    st.tuples(st.just("lost"), gaps(), st.just([])),
    st.tuples(st.just("know"), gaps(), st.just([])),
)


def assert_exact(coverage: Coverage) -> None:
    assert coverage.analysed_ms + coverage.waiting_ms + coverage.gap_ms == coverage.span_ms
    assert min(coverage.analysed_ms, coverage.waiting_ms) >= 0
    assert all(gap.start_ms < gap.end_ms for gap in coverage.gaps)
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(coverage.gaps))
    assert all(gap.start_ms >= 0 and gap.end_ms <= coverage.span_ms for gap in coverage.gaps)
    assert sum(coverage.by_kind.values()) == coverage.gap_ms


@given(st.lists(ENTRIES, max_size=30), MOMENTS)
def test_any_sequence_of_entries_sums_exactly(entries: list[tuple[str, Gap, list[Gap]]], end_ms: int) -> None:
    ledger = Ledger()
    for what, gap, shed in entries:
        if what == "analysed":
            ledger.analysed(gap.start_ms, gap.end_ms, shed)
        elif what == "lost":
            ledger.lost(gap)
        else:
            ledger.know([gap])
        assert_exact(ledger.coverage(end_ms))
    before = ledger.coverage(end_ms)
    final = ledger.close(end_ms)
    assert_exact(final)
    assert final.waiting_ms == 0
    assert final.analysed_ms == before.analysed_ms
    assert final.span_ms >= before.span_ms


@given(st.lists(st.tuples(st.integers(1, 5000), st.sampled_from(["seen", "unread", "gap"])), min_size=1, max_size=40))
def test_the_ledger_equals_a_count_by_milliseconds(pieces: list[tuple[int, str]]) -> None:
    """Against a slow oracle, for pieces that lie end to end as recordings give them."""
    ledger, oracle, at_ms = Ledger(), dict.fromkeys(["seen", "unread", "gap"], 0), 0
    for length_ms, what in pieces:
        piece = Gap(kind=GapKind.NETWORK, start_ms=at_ms, end_ms=at_ms + length_ms, why="x")
        if what == "seen":
            ledger.analysed(piece.start_ms, piece.end_ms)
        elif what == "unread":
            ledger.lost(Gap(kind=GapKind.UNREADABLE, start_ms=piece.start_ms, end_ms=piece.end_ms, why="y"))
        else:
            ledger.know([piece])
        oracle[what] += length_ms
        at_ms += length_ms
    coverage = ledger.close(at_ms)
    assert coverage.span_ms == at_ms
    assert coverage.analysed_ms == oracle["seen"]
    assert coverage.by_kind.get(GapKind.UNREADABLE, 0) == oracle["unread"]
    assert coverage.by_kind.get(GapKind.NETWORK, 0) == oracle["gap"]


@given(st.lists(st.tuples(st.one_of(st.none(), KINDS), st.sampled_from("abc"), st.integers(0, 90_000)), max_size=12))
def test_causes_fill_their_gap(told: list[tuple[GapKind | None, str, int]]) -> None:
    notes: list[Note] = []
    for kind, why, at_ms in sorted(told, key=lambda entry: entry[2]):
        notes = joined(notes, Note(kind=kind, why=why, at_ms=at_ms))
    for pieces in (causes(notes, 5000, 25_000, 60_000), one_cause(notes, 5000, 25_000)):
        assert (pieces[0].start_ms, pieces[-1].end_ms) == (5000, 25_000)
        assert all(one.end_ms == other.start_ms for one, other in pairwise(pieces))
        assert all(piece.length_ms > 0 for piece in pieces)


def test_an_outage_is_cut_where_its_cause_changed() -> None:
    notes = [
        Note(kind=None, why="no packet came", at_ms=42_000),
        Note(kind=GapKind.NETWORK, why="the connection failed", at_ms=50_000),
        Note(kind=GapKind.PUBLISHER, why="no stream was opened", at_ms=58_000),
    ]
    found = [(g.kind, g.start_ms, g.end_ms) for g in causes(notes, 10_000, 30_000, 60_000)]
    assert found == [(GapKind.NETWORK, 10_000, 20_000), (GapKind.PUBLISHER, 20_000, 30_000)]


def test_silence_alone_is_the_networks() -> None:
    [gap] = causes([Note(kind=None, why="no packet came", at_ms=9)], 0, 10, 10)
    assert gap.kind is GapKind.NETWORK


def test_without_a_note_the_publisher_skipped() -> None:
    [gap] = one_cause([], 0, 10)
    assert (gap.kind, gap.why) == (GapKind.PUBLISHER, "the timestamps skip")


def test_shed_stretches_are_taken_out_of_an_analysed_segment() -> None:
    ledger = Ledger()
    ledger.analysed(0, 2000)
    ledger.analysed(1990, 4000, [Gap(kind=GapKind.SHED, start_ms=2500, end_ms=9000, why="overload: sound only")])
    coverage = ledger.coverage(10_000)
    assert (coverage.analysed_ms, coverage.waiting_ms, coverage.per_mille) == (2500, 6000, 250)
    assert coverage.gaps == (Gap(kind=GapKind.SHED, start_ms=2500, end_ms=4000, why="overload: sound only"),)


def test_a_hole_that_nobody_wrote_down_is_a_crash_and_a_rounding_one_none() -> None:
    ledger = Ledger()
    ledger.analysed(0, 2000)
    ledger.analysed(2008, 4000)
    ledger.analysed(5000, 6000)
    assert ledger.coverage().gaps == (
        Gap(kind=GapKind.CRASH, start_ms=4000, end_ms=5000, why="nothing was written down"),
    )


def test_a_ledger_goes_on_from_what_was_stored() -> None:
    first = Ledger()
    first.analysed(0, 2000)
    first.lost(Gap(kind=GapKind.UNREADABLE, start_ms=2000, end_ms=4000, why="x"))
    again = Ledger(first.coverage(8000))
    again.analysed(4000, 8000)
    assert again.coverage() == Coverage(span_ms=8000, analysed_ms=6000, waiting_ms=0, gaps=first.coverage().gaps)

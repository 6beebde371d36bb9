"""What screening tells of its coverage."""

import pytest

from cli.shell.screening_output import coverage_line
from ingest.recording.ledger import Coverage
from ingest.types import Gap, GapKind


def gap(kind: GapKind, start_ms: int, length_ms: int) -> Gap:
    return Gap(kind=kind, start_ms=start_ms, end_ms=start_ms + length_ms, why="x")


@pytest.mark.parametrize(
    ("span_ms", "gaps", "line"),
    [
        pytest.param(10_400, (), "coverage 100.0 % of 10 s", id="whole"),
        pytest.param(
            3_720_000,
            (
                gap(GapKind.PUBLISHER, 0, 35_000),
                gap(GapKind.NETWORK, 50_000, 30_000),
                gap(GapKind.NETWORK, 90_000, 31_000),
            ),
            "coverage 97.4 % of 1 h 02 min: gaps network 61 s, publisher 35 s",
            id="two causes",
        ),
        pytest.param(
            600_000,
            (gap(GapKind.UNREADABLE, 0, 40),),
            "coverage 99.9 % of 10 min 00 s: gaps unreadable 0.1 s",
            id="a little is never nothing",
        ),
        pytest.param(0, (), "coverage 0.0 % of 0 s", id="nothing came"),
    ],
)
def test_coverage_in_one_line(span_ms: int, gaps: tuple[Gap, ...], line: str) -> None:
    lost_ms = sum(one.length_ms for one in gaps)
    assert coverage_line(Coverage(span_ms=span_ms, analysed_ms=span_ms - lost_ms, waiting_ms=0, gaps=gaps)) == line

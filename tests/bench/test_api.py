"""The bench of the interface for programs measures real calls to a real server."""

import pytest

from bench.api import PER_SECOND, run


@pytest.mark.slow
@pytest.mark.service
def test_a_quick_run_is_answered_and_measured() -> None:
    rows = run(quick=True)
    assert [row["refused"] for row in rows] == [0, 0, 0]
    assert [row["sent"] for row in rows[:2]] == [PER_SECOND * 2, PER_SECOND * 2]
    for row in rows:
        times = [float(str(row[name])) for name in ("p50_ms", "p95_ms", "p99_ms", "longest_ms")]
        assert times == sorted(times)
        assert times[0] > 0

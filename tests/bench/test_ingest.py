"""The bench of ingest measures what it says, at a small scale."""

from pathlib import Path

import pytest

from bench.ingest import cost_rows, make_broadcast
from bench.ingest_live import SHIPPED, live_row


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_broadcast(tmp_path_factory.mktemp("broadcast") / "small.flv", 2, seconds=6, size="320x180")


def test_every_way_is_measured_on_the_same_minute(small: Path) -> None:
    rows = cost_rows(small, 2)
    assert [row["pictures_a_minute"] for row in rows] == pytest.approx([60, 60, 0, 30, 30], abs=11)
    assert all(float(str(row["cpu_s_a_stream_minute"])) > 0 for row in rows)
    assert rows[0]["times_cheaper"] == 1
    assert len({str(row["way"]) for row in rows}) == 5


@pytest.mark.slow
@pytest.mark.service
def test_live_readers_are_measured_while_all_of_them_read(small: Path) -> None:
    row = live_row(small, SHIPPED, 2, 3.0)
    assert row["all_reading"] is True
    assert int(str(row["segments"])) >= 2
    assert float(str(row["memory_mib_each"])) > 0
    assert row["lag_s_median"] is not None

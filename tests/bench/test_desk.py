from collections.abc import Sequence

import pytest

from bench import desk

pytestmark = pytest.mark.slow

Row = dict[str, object]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return desk.run(quick=True)


def of(rows: Sequence[Row], table: str, database: str) -> list[Row]:
    return [row for row in rows if row["table"] == table and row["database"] == database]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_every_page_and_query_is_measured_and_its_plans_kept(rows: list[Row], database: str) -> None:
    [size] = of(rows, "size", database)
    assert size["findings"] == 3000
    assert {"queue", "dashboards", "finding"} <= {row["page"] for row in of(rows, "page", database)}
    assert "queue, 5 000 cases down" in {row["query"] for row in of(rows, "query", database)}
    assert all(row["plan"] for row in of(rows, "plan", database))


def test_the_queue_is_read_by_its_index(rows: list[Row]) -> None:
    plans = [str(row["plan"]) for row in of(rows, "plan", "sqlite") if "UNION ALL" in str(row["statement"]).upper()]
    assert all("cases_queue" in plan or "cases_by_class" in plan for plan in plans)

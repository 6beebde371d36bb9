"""Spot checks drawn from a broadcast that ended: what nobody was told of, as cases like any, each day so many."""

from pathlib import Path

import pytest
from sqlalchemy import select

import configs
from cluster.learning.spot_checks import SpotTerms, draw_spot_checks
from cluster.replay.run import Replaying, ReplayJob
from review.cases.queries import CaseQuery
from review.cases.types import CaseState
from review.db.tables.learning import BlindCaseRow, SpotStreamRow
from review.stores import Stores
from review.streams.types import FindingQuery
from tests.review.learning.said import ON_BOTH_DATABASES
from tests.review.replays.stored import LINES, fill, passages_of

pytestmark = ON_BOTH_DATABASES


@pytest.fixture
def replaying(stores: Stores, database_url: str, tmp_path: Path) -> Replaying:
    job = ReplayJob(
        candidate=configs.POLICY_DIR,
        live=configs.POLICY_DIR,
        database_url=database_url,
        data_dir=tmp_path,
        semantic="e5",
    )
    return Replaying(job, stores.replays)


def test_what_was_not_flagged_comes_before_people_as_cases_like_any(
    stores: Stores, replaying: Replaying, tmp_path: Path
) -> None:
    fill(stores, tmp_path, "s1")
    flagged = {p for one in stores.replays.stored("s1") if one.said.flags for p in one.said.passage_ids}
    unflagged = [passage for passage in passages_of("s1") if passage.id not in flagged]
    assert 0 < len(unflagged) < len(LINES)
    before = stores.streams.findings(FindingQuery(limit=50)).findings
    terms = SpotTerms(share=1.0, a_day=1)
    assert draw_spot_checks(stores.replays, stores.spots, replaying, terms, tmp_path) == 1
    with stores.engine.connect() as connection:
        [row] = connection.execute(select(BlindCaseRow.__table__)).mappings()
        counts = connection.execute(select(SpotStreamRow.passages, SpotStreamRow.drawn)).all()
    case = stores.cases.case(row["case_id"])
    assert case.state is CaseState.OPEN
    assert case.id in {each.id for each in stores.cases.queue(CaseQuery()).cases}
    [shown] = stores.cases.findings(case.id)
    assert set(shown.finding.passage_ids) & {passage.id for passage in unflagged}
    assert shown.finding.law
    assert shown.finding.product_id in {product.product_id for product in stores.streams.stream("s1").products}
    assert row["score"] < case.score
    assert sum(drawn for _, drawn in counts) == 1
    assert sum(passages for passages, _ in counts) <= len(unflagged)
    assert stores.streams.findings(FindingQuery(limit=50)).findings == before
    assert draw_spot_checks(stores.replays, stores.spots, replaying, terms, tmp_path) == 0
    fill(stores, tmp_path, "s2", host="h2")
    assert draw_spot_checks(stores.replays, stores.spots, replaying, terms, tmp_path) == 0
    assert stores.spots.next_stream() is None

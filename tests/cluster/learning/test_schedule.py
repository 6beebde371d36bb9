"""Fits by the clock: off unless set, for each customer so many hours after the last one, kept even where refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import configs
from cluster.learning.schedule import BY, FitRunner, fit_for
from cluster.replay.run import ReplayJob
from review.stores import Stores
from tests.review.learning.said import ON_BOTH_DATABASES, broadcast

pytestmark = ON_BOTH_DATABASES


def test_each_customer_s_decisions_are_learnt_from_when_their_time_has_come(
    stores: Stores, database_url: str, tmp_path: Path
) -> None:
    for tenant in ("local", "east"):
        broadcast(stores, f"b-{tenant}", host=f"{tenant}/h1", tenant=tenant)
    job = ReplayJob(
        candidate=configs.POLICY_DIR,
        live=configs.POLICY_DIR,
        database_url=database_url,
        data_dir=tmp_path,
        semantic="e5",
    )
    now = datetime.now(UTC)

    def runner(hours: float, later: timedelta, *, across: bool = False) -> FitRunner:
        return FitRunner(stores.learning, hours, lambda: job, across=across, now=lambda: now + later)

    assert runner(0, timedelta()).waiting() == []
    assert runner(24, timedelta()).waiting() == ["east", "local"]
    assert runner(24, timedelta(), across=True).waiting() == ["_all"]
    fit_for(stores.learning, stores.policies, job, ["local"], configs.POLICY_DIR)
    [fit] = stores.learning.fits()
    assert (fit.tenant_id, fit.made_by, fit.digest) == ("local", BY, None)
    assert fit.refused is not None
    assert fit.refused.startswith("0 decided passages")
    assert runner(24, timedelta(hours=1)).waiting() == ["east"]
    assert runner(24, timedelta(hours=25)).waiting() == ["east", "local"]

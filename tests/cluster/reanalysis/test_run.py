"""A recorded broadcast is analysed again, from its passages or from its recording; what is stored stays as it is."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import configs
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from cli.config.settings import load_settings
from cluster.batch.run import run_batch
from cluster.batch.types import BatchJob, BatchSource, FileState
from cluster.reanalysis.background import ReanalysisRunner
from cluster.reanalysis.run import reanalyse
from cluster.reanalysis.types import ReanalysisJob, ReanalysisUnusable
from review.passports.records import read_record
from review.policies.choice import reference
from review.policies.repository import PolicyStore
from review.reanalyses.types import NewReanalysis, Outcome, Reanalysis, ReanalysisState
from review.stores import Stores
from review.streams.types import FindingQuery
from review.tenants.types import Caller
from tests.cluster.batch.conftest import DEMO_PASSPORTS, archive
from tests.review.replays.stored import AT, MILDER, candidate, fill

__all__ = ["archive"]


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = Stores.open(f"sqlite:///{tmp_path / 'zhenyan.db'}")
    yield opened
    opened.close()


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReanalysisJob:
    monkeypatch.setenv("ZHENYAN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ZHENYAN_SEMANTIC", "off")
    settings = load_settings()
    return ReanalysisJob(database_url=settings.store_url, data_dir=tmp_path, values=settings.job_values())


def claimed(stores: Stores, stream_id: str, **asked: Any) -> Reanalysis:
    stores.reanalyses.place(NewReanalysis(tenant_id="local", stream_id=stream_id, **asked), "test")
    order = stores.reanalyses.claim("w1")
    assert order is not None
    return order


def kept(stores: Stores) -> tuple[Any, ...]:
    """All that must not change: findings, cases, events."""
    findings = stores.streams.findings(FindingQuery(limit=1000)).findings
    cases = [(case.id, case.state, case.version) for case in stores.cases.host_cases("h1", 100)]
    return findings, cases, stores.events.after("local", 0, 1000)


def test_stored_passages_are_judged_by_another_policy_and_nothing_stored_changes(
    stores: Stores, tmp_path: Path, job: ReanalysisJob
) -> None:
    fill(stores, tmp_path, "s1")
    before = kept(stores)
    milder = Policy(candidate(tmp_path / "milder", MILDER))
    PolicyStore.add_version(stores.policies, milder, "test")
    done = reanalyse(job, claimed(stores, "s1", policy=reference(milder.name, milder.digest)), stores)
    assert done is not None
    changed = [one for one in done.compared if one.outcome is not Outcome.KEPT]
    assert [(one.outcome, one.before and one.before.class_id, one.parts) for one in changed] == [
        (Outcome.CHANGED, "ABS_SUPERLATIVE", ("disposition",))
    ]
    assert len(done.compared) > 2
    assert milder.digest in done.judged_by
    assert kept(stores) == before


def test_a_stretch_by_the_same_policy_is_found_again_and_no_more(
    stores: Stores, tmp_path: Path, job: ReanalysisJob
) -> None:
    fill(stores, tmp_path, "s1")
    own = packaged_policy()
    done = reanalyse(job, claimed(stores, "s1", policy=reference(own.name, own.digest), end_ms=15_000), stores)
    assert done is not None
    assert {one.outcome for one in done.compared} == {Outcome.KEPT}
    assert max(one.start_ms for one in done.compared) < 15_000
    assert done.span_ms == 15_000


def test_another_version_of_a_passport_takes_a_contradiction_away(
    stores: Stores, tmp_path: Path, job: ReanalysisJob
) -> None:
    fill(stores, tmp_path, "s1")
    own = packaged_policy()
    told = [stored.finding for stored in stores.streams.findings(FindingQuery(limit=100)).findings]
    wrong = next(finding for finding in told if finding.class_id == "SPEC_PARAM")
    basis = tmp_path / "recordings" / "s1" / "basis"
    texts = [json.loads(path.read_text(encoding="utf-8")) for path in basis.glob("passport-*.json")]
    record = next(one for one in texts if wrong.product_id in (one.get("id"), one.get("passport_id")))
    [power] = [spec for spec in record["specs"] if spec["key"] == "total_output_power"]
    power["q"]["value"] = "100"
    sent = read_record(record | {"images": []}, own.quantity_reader, place="passports")
    [(stored, _)] = stores.passports.put_all(Caller.of_operator("local", "test"), [sent.as_version])
    done = reanalyse(job, claimed(stores, "s1", passports=((stored.product_id, stored.version),)), stores)
    assert done is not None
    [one] = [one for one in done.compared if one.before is not None and one.before.finding_id == wrong.finding_id]
    assert one.outcome in {Outcome.GONE, Outcome.CHANGED}, one
    assert one.after is None or one.after.verdict != wrong.verdict


def test_what_cannot_be_done_fails_by_name_and_a_cancelled_one_stops(
    stores: Stores, tmp_path: Path, job: ReanalysisJob
) -> None:
    fill(stores, tmp_path, "s1")
    with pytest.raises(ReanalysisUnusable, match="policy 'x#"):
        reanalyse(job, claimed(stores, "s1", policy="x#" + "0" * 64), stores)
    with pytest.raises(ReanalysisUnusable, match="nothing of this stretch is recorded"):
        reanalyse(job, claimed(stores, "s1", model="base"), stores)
    assert reanalyse(job, claimed(stores, "s1", policy=None), stores, lambda _span, _analysed: False) is None
    shutil.rmtree(tmp_path / "recordings" / "s1" / "basis")
    with pytest.raises(ReanalysisUnusable, match="no passport of it was kept"):
        reanalyse(job, claimed(stores, "s1"), stores)


@pytest.mark.service
def test_a_recording_is_heard_again_in_a_process_of_its_own(
    archive: Path, stores: Stores, tmp_path: Path, job: ReanalysisJob
) -> None:
    screening = BatchJob(
        out=tmp_path / "batch",
        passports_file=DEMO_PASSPORTS,
        at=AT,
        data_dir=tmp_path,
        values=job.values,
        policy_dir=configs.POLICY_DIR,
        stores=True,
    )
    source = BatchSource(name="evening", source=str(archive / "evening.mp4"), host_id="h1")
    [result] = run_batch(screening, [source])
    assert result.state is FileState.DONE, result.error
    before = kept(stores)
    assert before[0]
    order, _ = stores.reanalyses.place(
        NewReanalysis(tenant_id="local", stream_id=result.stream_id, model="base"), "test"
    )
    manifest = (tmp_path / "recordings" / result.stream_id / "manifest.jsonl").read_bytes()
    runner = ReanalysisRunner(stores.reanalyses, "w1", job)
    assert runner.run_once()
    done = stores.reanalyses.reanalysis(order)
    assert (done.state, done.error) == (ReanalysisState.DONE, None)
    assert (done.span_ms > 15_000, done.analysed_ms, done.missing_ms) == (True, done.span_ms, 0)
    assert done.counts.kept >= 2, "the same model hears the same"
    assert (done.counts.gone, done.counts.new, done.counts.changed) == (0, 0, 0)
    assert kept(stores) == before
    assert (tmp_path / "recordings" / result.stream_id / "manifest.jsonl").read_bytes() == manifest
    [one, *_] = [one for _, one in stores.reanalyses.compared(order)]
    assert one.after is not None
    assert one.after.models == replace(one.before or one.after).models, "it names what heard it"

    late = before[0][-1].finding.start_ms
    stores.reanalyses.place(
        NewReanalysis(tenant_id="local", stream_id=result.stream_id, model="base", start_ms=late), "test"
    )
    assert runner.run_once()
    latest = stores.reanalyses.reanalyses("local")[0]
    assert latest.state is ReanalysisState.DONE
    [claim] = [one for _, one in stores.reanalyses.compared(latest.reanalysis_id)]
    assert claim.before is not None, "only what begins in the stretch is compared"
    assert claim.after is not None, "and it is found again, if in a sentence that is cut some milliseconds otherwise"
    assert claim.before.start_ms == late
    assert claim.after.product_id == claim.before.product_id, "what was on sale is known from before"
    stores.reanalyses.place(NewReanalysis(tenant_id="local", stream_id=result.stream_id, model="no-such"), "test")
    assert runner.run_once()
    failed = next(one for one in stores.reanalyses.reanalyses("local") if one.model == "no-such")
    assert (failed.state, "no-such" in (failed.error or "")) == (ReanalysisState.FAILED, True)
    assert not runner.run_once()

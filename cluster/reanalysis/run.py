"""One recorded stretch analysed again: heard and seen anew by another model, or its stored passages judged anew."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from claims.passports.load import read_passports
from claims.policy.policy import Policy
from claims.types import Finding, Passage
from cluster.reanalysis.rescreening import rescreen
from cluster.reanalysis.types import Reanalysed, ReanalysisJob, ReanalysisUnusable
from cluster.stages.policies import LoadedPolicies, pinned_folder
from cluster.types import ScreenJob
from review.evidence.basis import recall_directions
from review.passports.registry import PassportStore
from review.policies.choice import reference
from review.policies.errors import UnknownPolicyError
from review.policies.repository import PolicyStore
from review.reanalyses.comparing import compare_findings, within
from review.reanalyses.recording import kept_stretch
from review.reanalyses.types import Reanalysis
from review.replays.rejudging import findings_by, passports_of
from review.replays.types import StoredStream
from review.stores import Stores

# Gives how long the stretch is and how far it is analysed; its answer False: stop.
ReportProgress = Callable[[int, int], bool]


def reanalyse(
    job: ReanalysisJob,
    order: Reanalysis,
    stores: Stores,
    report_progress: ReportProgress = lambda _span, _analysed: True,
) -> Reanalysed | None:
    """What is found now beside what is stored; None if `report_progress` said: stop. Nothing that is stored changes.

    Raises ReanalysisUnusable, and what the stages raise where weights or media can't be used.
    """
    policies = LoadedPolicies()
    folder = _policy_folder(job, order, stores.policies, policies)
    policy = policies.policy(folder)
    stream = _as_ordered(stores.replays.stream(order.stream_id, job.data_dir), order, stores.passports)
    if not passports_of(policy, stream):
        raise ReanalysisUnusable(f"stream {order.stream_id}: no passport of it was kept; order it with `passports`")
    screening = _screening(job, order, stream, folder)
    work = _Work(
        order=order,
        stores=stores,
        stream=stream,
        policy=policy,
        policies=policies,
        screening=screening,
        report_progress=report_progress,
    )
    return _judged_again(work) if order.model is None else _heard_again(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What either way works with."""

    order: Reanalysis
    stores: Stores
    stream: StoredStream
    policy: Policy
    policies: LoadedPolicies
    screening: ScreenJob
    report_progress: ReportProgress

    @property
    def judged_by(self) -> str:
        return reference(self.policy.name, self.policy.digest)


def _judged_again(work: _Work) -> Reanalysed | None:
    order, stores, stream = work.order, work.stores, work.stream
    recorded_ms = max(stream.span_ms, stores.streams.coverage(order.stream_id).span_ms)
    end_ms = recorded_ms if order.end_ms is None else min(order.end_ms, recorded_ms)
    span_ms = max(0, end_ms - order.start_ms)
    if not work.report_progress(span_ms, 0):
        return None
    reader = work.policies.semantics(work.screening).reader
    if reader is not None:
        recall_directions(work.screening.recording_dir, reader)
    found = stores.stream_writer.as_stored_anew(
        order.stream_id, stream.passages, findings_by(work.policy, stream, reader)
    )
    compared = compare_findings(stores.reanalyses.stored_findings(order.stream_id), found)
    return Reanalysed(compared=within(compared, order.start_ms, end_ms), judged_by=work.judged_by, span_ms=span_ms)


def _heard_again(work: _Work) -> Reanalysed | None:
    order, stores, stream = work.order, work.stores, work.stream
    stretch = kept_stretch(work.screening.recording_dir, order.start_ms, order.end_ms)
    if not stretch.segments:
        raise ReanalysisUnusable(
            f"stream {order.stream_id}: nothing of this stretch is recorded any more; without `model` "
            "its stored passages are judged anew"
        )
    with TemporaryDirectory(prefix="zhenyan-again-") as folder:
        passports_file = Path(folder) / "passports.json"
        passports_file.write_text(_passports(work.policy, stream), encoding="utf-8")
        screening = replace(work.screening, passports_file=passports_file)
        given = rescreen(screening, stream, stretch, work.policies, work.report_progress)
    if given is None:
        return None
    found = stores.stream_writer.as_stored_anew(order.stream_id, *_latest(given.passages, given.findings))
    before = [finding for finding in stores.reanalyses.stored_findings(order.stream_id) if stretch.holds(finding)]
    compared = within(compare_findings(before, found), stretch.start_ms, stretch.end_ms)
    return Reanalysed(
        compared=compared,
        judged_by=work.judged_by,
        span_ms=stretch.span_ms,
        missing_ms=stretch.missing_ms + given.unread_ms,
    )


def _latest(passages: Sequence[Passage], findings: Sequence[Finding]) -> tuple[list[Passage], list[Finding]]:
    """Each passage and finding as it was given last."""
    return list({one.id: one for one in passages}.values()), list({one.finding_id: one for one in findings}.values())


def _policy_folder(
    job: ReanalysisJob, order: Reanalysis, policy_store: PolicyStore, policies: LoadedPolicies
) -> Path | None:
    try:
        return pinned_folder(order.policy, job.policy_dir, job.data_dir, policy_store, policies)
    except UnknownPolicyError as error:
        raise ReanalysisUnusable(f"policy {order.policy!r} is not there; order one that is, or none") from error


def _as_ordered(stream: StoredStream, order: Reanalysis, passports: PassportStore) -> StoredStream:
    """The broadcast with the passports that the order names in the place of those that it was judged by."""
    named = [passports.version(order.tenant_id, product, version).text for product, version in order.passports]
    return replace(stream, passports=(*stream.passports, *named))


def _passports(policy: Policy, stream: StoredStream) -> str:
    """The texts that are in force for the re-analysis, one a product, in the order of their link numbers."""
    by_id: dict[str, Any] = {}
    for text in stream.passports:
        record = json.loads(text)
        by_id |= {p.id: record for p in read_passports(record, policy.quantity_reader, source="kept passport")}
    records = [by_id[passport.id] for passport in passports_of(policy, stream)]
    return json.dumps(records, ensure_ascii=False)


def _screening(job: ReanalysisJob, order: Reanalysis, stream: StoredStream, folder: Path | None) -> ScreenJob:
    """The stages' job: it stores nothing, cuts no clips, and fetches nothing."""
    values = dict(job.values) | {"database_url": None, "data_dir": job.data_dir}
    if order.model is not None:
        values["asr_model"] = order.model
    return ScreenJob(
        stream_id=order.stream_id,
        source="",
        recording_dir=job.data_dir / "recordings" / order.stream_id,
        passports_file=Path(),
        policy_dir=folder,
        at=stream.at,
        facts=stream.facts,
        products=(),
        tenant_id=stream.tenant_id,
        **values,
    )

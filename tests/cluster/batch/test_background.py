"""A batch that a customer handed in is screened from its address, stored for review, and told of."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from claims.policy.policy import Policy
from cli.config.settings import load_settings
from cluster.batch.background import BatchRunner, BatchSetup
from cluster.replay.run import ReplayJob, replay
from review.batches.types import ArchiveState, BatchState, NewBatch
from review.db.tenant_ids import LOCAL_TENANT
from review.passports.records import read_record
from review.passports.registry import put_passports
from review.replays.types import Scope
from review.stores import Stores
from review.streams.types import FindingQuery, ProductRef, StreamState
from tests.cluster.batch.conftest import DEMO_PASSPORTS


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def media(archive: Path) -> Iterator[str]:
    """The address of the archive on a web server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(archive)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.mark.service
def test_archives_are_screened_stored_and_told_of(
    archive: Path, media: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHENYAN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ZHENYAN_SEMANTIC", "off")
    settings = load_settings()
    stores = Stores.open(settings.store_url)
    reader = Policy(archive.parent / "policy").quantity_reader
    records = yaml.safe_load(DEMO_PASSPORTS.read_text(encoding="utf-8"))["passports"]
    sent = [read_record(record | {"images": []}, reader, place="passports") for record in records]
    new = NewBatch(
        tenant_id=LOCAL_TENANT,
        host_id="h7",
        host_name="小岚",
        platform="example-live",
        started_at="2026-11-24T20:00:00+08:00",
        urls=(f"{media}/evening.mp4?token=geheim", f"{media}/evening.mp4", f"{media}/gone.mp4"),
    )

    def products(connection, journal):  # type: ignore[no-untyped-def]
        kept = put_passports(connection, LOCAL_TENANT, [one.as_version for one in sent], journal)
        return [(ProductRef(product_id=one.product_id, name=one.product_id), one.version) for one, _ in kept]

    batch_id, _ = stores.batches.place(new, products, "test")
    setup = BatchSetup(
        data_dir=tmp_path,
        values=settings.job_values(),
        allow_net=(media.removeprefix("http://"),),
        policy_dir=archive.parent / "policy",
    )
    assert BatchRunner(stores.batches, "w1", setup).run_once()
    batch = stores.batches.batch(batch_id)
    assert (batch.state, batch.error) == (BatchState.DONE, None)
    done, same, gone = batch.archives
    assert {done.state, same.state} == {ArchiveState.DONE, ArchiveState.SAME}
    assert (gone.state, "404" in (gone.error or "") or "gone.mp4" in (gone.error or "")) == (ArchiveState.FAILED, True)
    assert not any("geheim" in one.url for one in batch.archives), "tokens go when nobody fetches any more"
    assert not (tmp_path / "batches" / batch_id).exists()
    screened = done if done.state is ArchiveState.DONE else same
    assert screened.stream_id is not None
    stream = stores.streams.stream(screened.stream_id)
    assert (stream.state, stream.host.id, stream.host.platform) == (
        StreamState.ENDED,
        "h7",
        "example-live",
    )
    flagged = {
        stored.finding.class_id for stored in stores.streams.findings(FindingQuery(stream_id=stream.stream_id)).findings
    }
    assert flagged >= {"SPEC_PARAM", "ABS_SUPERLATIVE"}
    assert stores.streams.coverage(stream.stream_id).per_mille == 1000
    [case] = [case for case in stores.cases.host_cases("h7", 10) if case.class_id == "SPEC_PARAM"]
    assert (tmp_path / str(stores.streams.finding(case.top_finding_id).finding.clip)).is_file()
    assert not BatchRunner(stores.batches, "w1", setup).run_once()
    policy = archive.parent / "policy"
    job = ReplayJob(candidate=policy, live=policy, database_url=settings.store_url, data_dir=tmp_path, semantic="off")
    report = replay(job, Scope())
    assert report is not None
    assert (report.stream_count, report.before > 1, report.unlike) == (1, True, 0), "what is stored is found again"
    stores.close()

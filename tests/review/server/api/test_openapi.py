"""The interface as OpenAPI tells it, and what schemathesis finds when it believes every word of it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from claims.passports.quantities import QuantityReader
from ingest.types import Segment
from net.guard import NetPolicy
from review.db.engine import open_engine
from review.enforcement.penalty_table import read_measures, read_retention
from review.enforcement.store import EnforcementSetup
from review.judge_pool.pool import JudgingPool
from review.passports.registered_lookup import RegisteredPassports
from review.scheduling.types import Worker
from review.server.api.ordering import Platform
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.server.prebroadcast import PrebroadcastCheck
from review.stores import Stores
from review.tenants.types import Scope
from tests.review.postgres import new_database
from tests.review.sample import FINDING
from tests.review.server.api.conftest import ENFORCEMENT_DIR
from tests.review.server.api.owned import have_a_day
from tests.review.serving import served as serving

ROOT = Path(__file__).parents[4]
ENDLESS = frozenset({"/v1/events/stream"})
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, reader: QuantityReader, pool: JudgingPool
) -> Iterator[tuple[str, str]]:
    """The address of a server whose customer acme had a day, and acme's key."""
    folder = tmp_path_factory.mktemp("openapi")
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("postgres"), "openapi")
    else:
        url = f"sqlite:///{folder / 'review.db'}"
    due = EnforcementSetup(
        measures=read_measures(ENFORCEMENT_DIR), retention=read_retention(ENFORCEMENT_DIR), data_dir=folder
    )
    stores = Stores.over(open_engine(url), now=lambda: NOW, enforcement=due)
    stores.leases.beat(Worker(worker_id="w1", node="n1", capacity=10_000))
    stores.keys.add_tenant("acme", "Acme", "test")
    token = stores.keys.add("acme", "acme", Scope, "test", per_minute=1_000_000).token
    platform = Platform(reader=reader, net=NetPolicy.parse(["127.0.0.1:8080"]))
    before = PrebroadcastCheck(pool=pool, lookup=RegisteredPassports(stores.passports))
    app = create_app(stores, folder, access=Access(auth=Auth.LOCAL), platform=platform, prebroadcast=before)
    with serving(app) as address:
        with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}) as client:
            have_a_day("acme", client, stores, folder, _finding, _segment)
        yield address, token
    stores.close()


def _finding(**changes: Any) -> Any:
    from dataclasses import replace

    return replace(FINDING, **changes)


def _segment(sequence: int, stream_id: str) -> Segment:
    return Segment(
        stream_id=stream_id,
        sequence=sequence,
        epoch=0,
        path=Path(f"{sequence}.ts"),
        start_ms=sequence * 2000,
        end_ms=sequence * 2000 + 2000,
        source_start_ms=sequence * 2000,
        received_at_ms=sequence * 2000,
        byte_count=1000,
        sha256="0" * 64,
        chain_sha256="1" * 64,
        gap_before_ms=0,
    )


def operations(address: str) -> list[Any]:
    """What programs may call, as the running server tells it; streams of events never end and are left out."""
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    programs = schema.include(path_regex="^/(v1/|clips/|healthz|readyz)")
    return [one for one in (found.ok() for found in programs.get_all_operations()) if one.path not in ENDLESS]


def complaints(operation: Any, mode: GenerationMode, token: str) -> str:
    """What is wrong with the answers to calls that fit the operation's description, or do not; empty: nothing."""

    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: schemathesis.Case) -> None:
        # Who asks for events may wait for one, for as long as half a minute.
        case.query.pop("wait", None)
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)

    try:
        call()
    except Unsatisfiable:
        return ""
    except Exception as error:
        return f"{operation.method.upper()} {operation.path}: {error}"
    return ""


def test_every_documented_call_of_programs_is_among_those_that_are_tried(served: tuple[str, str]) -> None:
    document = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    methods = {"get", "put", "post", "delete", "patch"}
    documented = {
        (method, path)
        for path, known in document["paths"].items()
        if path.startswith("/v1/")
        for method in methods & known.keys()
    }
    tried = {(operation.method, operation.path) for operation in operations(served[0])}
    assert documented - tried == {("get", path) for path in ENDLESS}


@pytest.mark.service
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "not fitting"])
def test_no_call_is_answered_otherwise_than_described(served: tuple[str, str], mode: GenerationMode) -> None:
    address, token = served
    found = operations(address)
    assert len(found) > 35
    assert "\n\n".join(filter(None, (complaints(operation, mode, token) for operation in found))) == ""

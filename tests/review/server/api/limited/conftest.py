"""The customers acme and bolt after a day each, on one server, with what came of their decisions."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from claims.law.texts import StatuteTexts
from claims.passports.quantities import QuantityReader
from claims.types import Finding
from ingest.types import Segment
from net.guard import NetPolicy
from review.accounts.types import Person, Role
from review.cases.decisions import Submission
from review.cases.types import Choice
from review.db.engine import open_engine
from review.enforcement.legal_reference import LegalReference
from review.enforcement.linked_accounts import Identifier, IdentifierKind
from review.enforcement.penalty_table import read_measures, read_retention
from review.enforcement.store import EnforcementSetup
from review.enforcement.types import MeasureKind, Wanted
from review.judge_pool.pool import JudgingPool
from review.passports.registered_lookup import RegisteredPassports
from review.server.api.ordering import Platform
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.server.prebroadcast import PrebroadcastCheck
from review.stores import Stores
from tests.review.server.api.conftest import ENFORCEMENT_DIR, As, Clock, Key
from tests.review.server.api.limited.turned_out import turned_out
from tests.review.server.api.owned import Owned, have_a_day

HOUR_S = 3_600
LAWS_FILE = ENFORCEMENT_DIR.parent / "laws" / "zh-CN.yaml"


@pytest.fixture
def platform(database_url: str, clock: Clock, tmp_path: Path) -> Iterator[Stores]:
    """A store with the customers acme and bolt, in which measures can be proposed."""
    due = EnforcementSetup(
        measures=read_measures(ENFORCEMENT_DIR),
        retention=read_retention(ENFORCEMENT_DIR),
        data_dir=tmp_path / "data",
        reference=LegalReference(classes={}, laws=StatuteTexts.read(LAWS_FILE)),
    )
    stores = Stores.over(open_engine(database_url), now=clock, second_share=0.0, enforcement=due)
    for name in ("acme", "bolt"):
        stores.keys.add_tenant(name, name.title(), "test")
    yield stores
    stores.close()


@pytest.fixture
def app(platform: Stores, tmp_path: Path, reader: QuantityReader, pool: JudgingPool) -> FastAPI:
    before = PrebroadcastCheck(pool=pool, lookup=RegisteredPassports(platform.passports))
    setup = Platform(reader=reader, net=NetPolicy.parse(["127.0.0.1:8080"]))
    access = Access(auth=Auth.LOCAL)
    return create_app(platform, tmp_path / "data", access=access, platform=setup, prebroadcast=before)


@pytest.fixture
def owned(
    platform: Stores,
    as_key: As,
    key: Key,
    work: Callable[[float], None],
    tmp_path: Path,
    make_finding: Callable[..., Finding],
    make_segment: Callable[..., Segment],
) -> dict[str, Owned]:
    work(100)
    return {
        name: have_a_day(name, as_key(key(name)), platform, tmp_path / "data", make_finding, make_segment)
        for name in ("acme", "bolt")
    }


@pytest.fixture
def measured(platform: Stores, owned: dict[str, Owned], clock: Clock) -> dict[str, Owned]:
    """Both customers' hosts were found at fault, and one was proposed to be warned; their accounts are linked."""
    for name in ("acme", "bolt"):
        case = platform.cases.case(owned[name].values["case_id"])
        given = Submission(
            case_id=case.id, version=case.version, request_id=name, choice=Choice.VIOLATES, reason="as_found"
        )
        platform.cases.decide(given, Person(id=f"judge-{name}", name=f"judge of {name}", role=Role.SENIOR))
        same = Identifier(kind=IdentifierKind.CREDIT_CODE, value="91350100M000100Y43")
        platform.enforcement.link(f"{name}/h1", [same], "test")
    clock.wait(24 * HOUR_S)
    wanted = Wanted(host_id="acme/h1", kind=MeasureKind.WARNING, case_ids=(owned["acme"].values["case_id"],))
    measure = platform.enforcement.propose(wanted, Person(id="p1", name="p1", role=Role.REVIEWER))
    owned["acme"].values["measure_id"] = measure.id
    return owned


@pytest.fixture
def learnt(platform: Stores, measured: dict[str, Owned]) -> dict[str, Owned]:
    """Out of both customers' cases words were proposed and a policy was learnt, which read both in shadow."""
    turned_out(platform, measured)
    return measured

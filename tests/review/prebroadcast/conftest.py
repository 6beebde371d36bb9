"""A server that checks texts by the packaged policy; the rules alone, so that it starts fast."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import yaml

import configs
from claims.classifier.opening import Semantics
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.products.code import gtin_of
from review.judge_pool.limits import JudgingTerms
from review.judge_pool.policy_in_force import Judges, JudgesSource
from review.judge_pool.pool import JudgingPool
from review.passports.lookup import FoundPassport
from review.prebroadcast.checking import Checker
from review.server.app import create_app
from review.server.prebroadcast import PrebroadcastCheck
from review.stores import Stores
from tests.review.serving import served

AT = datetime.fromisoformat("2026-11-24T20:00:00+08:00")


@dataclass(frozen=True)
class GivenPassports:
    """The demo's passports, registered for the local tenant alone."""

    records: tuple[dict[str, object], ...]

    def listed(self, tenant_id: str, limit: int) -> Sequence[FoundPassport]:
        return self._found(tenant_id)[:limit]

    def find(self, tenant_id: str, product_ids: Sequence[str]) -> Sequence[FoundPassport]:
        by_id = {shelved.product_id: shelved for shelved in self._found(tenant_id)}
        return [by_id[product_id] for product_id in product_ids if product_id in by_id]

    def by_code(self, tenant_id: str, code: str) -> Sequence[FoundPassport]:
        wanted = gtin_of(code)
        return [s for s in self._found(tenant_id) if s.gtin is not None and s.gtin == wanted]

    def _found(self, tenant_id: str) -> list[FoundPassport]:
        if tenant_id != "local":
            return []
        return [
            FoundPassport(
                product_id=str(record["passport_id"]),
                name=str(record["name_zh"]),
                gtin=str(record["gtin"]).zfill(14),
                record=record,
            )
            for record in self.records
        ]


@pytest.fixture(scope="session")
def policy() -> Policy:
    return packaged_policy()


@pytest.fixture(scope="session")
def checker(policy: Policy) -> Checker:
    judges = Judges(policy=policy, semantics=Semantics(reader=None))
    return Checker(lambda: judges)


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JudgingPool]:
    """Two real processes that judge by the rules alone."""
    source = JudgesSource(
        data_dir=tmp_path_factory.mktemp("judged"),
        packaged=configs.POLICY_DIR,
        semantic_dir=configs.SEMANTIC_DIR,
        semantic="off",
    )
    with JudgingPool(source, JudgingTerms(wait_s=120)) as started:
        yield started


@pytest.fixture(scope="session")
def records() -> tuple[dict[str, object], ...]:
    """The demo's passports as they are registered."""
    content = yaml.safe_load((configs.DEMO_DIR / "passports.yaml").read_text(encoding="utf-8"))
    return tuple(content["passports"])


@pytest.fixture
def server(stores: Stores, pool: JudgingPool, tmp_path: Path, records: tuple[dict[str, object], ...]) -> Iterator[str]:
    before = PrebroadcastCheck(
        pool=pool, lookup=GivenPassports(records), now=lambda: datetime(2026, 11, 24, 12, tzinfo=UTC)
    )
    with served(create_app(stores, tmp_path, prebroadcast=before)) as url:
        yield url


@pytest.fixture
def client(server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server, timeout=120) as opened:
        yield opened

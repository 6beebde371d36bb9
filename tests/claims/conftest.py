import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import configs
from claims.engine.conversation import ClaimEngine
from claims.passports.load import read_passports
from claims.passports.passport import Passport
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.types import PlatformFact
from tests.claims.support import AT, POWER_BANK, Speaker


@pytest.fixture(scope="session")
def policy() -> Policy:
    return packaged_policy()


@pytest.fixture(scope="session")
def load(policy: Policy) -> Callable[..., tuple[Passport, ...]]:
    """Reads passports from records, as a file would be read."""

    def read(*records: dict[str, Any]) -> tuple[Passport, ...]:
        return read_passports(list(records), policy.quantity_reader, source="test.json")

    return read


@pytest.fixture
def policy_copy(tmp_path: Path) -> Path:
    """A copy of the packaged policy, to be broken."""
    return Path(shutil.copytree(configs.POLICY_DIR, tmp_path / "policy"))


@pytest.fixture
def speaker(policy: Policy, load: Callable[..., tuple[Passport, ...]]) -> Callable[..., Speaker]:
    """A speaker in a fresh conversation about some passports."""

    def start(
        *records: dict[str, Any], facts: tuple[PlatformFact, ...] = (), stream_id: str = "s1", at: datetime = AT
    ) -> Speaker:
        engine = ClaimEngine(policy, load(*(records or (POWER_BANK,))), at=at)
        return Speaker(engine.conversation(stream_id, facts, keep_verdicts=True))

    return start

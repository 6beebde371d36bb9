"""The TypeScript client: made from the program's own description, and used against a running server."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from claims.policy.packaged import packaged_policy
from cli.commands.serve import terms_of
from net.guard import NetPolicy
from review.db.engine import open_engine
from review.scheduling.types import Worker
from review.server.api.ordering import Platform
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from review.tenants.types import Scope
from tests.review.serving import served

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients" / "typescript"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
Run = Callable[..., str]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a command in a copy of the client with its packages, which npm brings; skipped where there is no npm."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed; the TypeScript client is tested where it is")
    here = tmp_path_factory.mktemp("client") / "clients" / "typescript"
    shutil.copytree(CLIENT, here, ignore=shutil.ignore_patterns("node_modules", "dist", "schema.ts"))
    (here.parents[1] / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "openapi.json", here.parents[1] / "docs")

    def call(*command: str, **environment: str) -> str:
        ran = subprocess.run(
            command, cwd=here, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=600
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    try:
        call("npm", "ci", "--no-progress", "--prefer-offline")
    except AssertionError as error:
        pytest.skip(f"npm can't bring the client's packages: {str(error)[-300:]}")
    call("npm", "run", "build")
    return call


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address of a server, and a key."""
    policy = packaged_policy()
    stores = Stores.over(open_engine(f"sqlite:///{tmp_path / 'zhenyan.db'}"), now=lambda: NOW)
    stores.leases.beat(Worker(worker_id="w1", node="n1", capacity=10))
    stores.keys.add_tenant("acme", "Acme", "test")
    token = stores.keys.add("acme", "acme", Scope, "test").token
    platform = Platform(
        reader=policy.quantity_reader, net=NetPolicy.parse(["127.0.0.1:8080"]), word_terms=terms_of(policy)
    )
    with served(create_app(stores, tmp_path, access=Access(auth=Auth.LOCAL), platform=platform)) as address:
        yield address, token
    stores.close()


def test_the_document_passes_its_linter(run: Run) -> None:
    run("npm", "run", "lint")


def test_a_platform_works_with_it(run: Run, server: tuple[str, str]) -> None:
    address, key = server
    told = run("npm", "test", ZHENYAN_SERVER=address, ZHENYAN_KEY=key)
    assert "# pass 3" in told


def test_its_lock_file_names_no_host() -> None:
    assert '"resolved"' not in (CLIENT / "package-lock.json").read_text(encoding="utf-8")

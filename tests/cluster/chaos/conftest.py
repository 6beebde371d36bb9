"""A Ray of several machines, a broadcast, and what it gives when nothing dies; the review tests' database server."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.cluster_utils import Cluster

from review.streams.types import StreamState
from tests.cluster.chaos.support import ROOT, Given, nobody_left, play
from tests.cluster.live.support import shortened
from tests.review.conftest import postgres

__all__ = ["postgres"]


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 s of the packaged broadcast, with findings in what is said and what is shown."""
    return shortened(tmp_path_factory.mktemp("media") / "part.mp4", start_s=56, seconds=48)


@pytest.fixture
def head(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A Ray of one machine, to which others can be added; when it is gone, nothing of it is left."""
    # A folder of its own: Ray finds a cluster of this machine by what lies in the usual one.
    folder = tempfile.mkdtemp(prefix="zy", dir="/tmp")
    monkeypatch.setenv("RAY_TMPDIR", folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))))
    with nobody_left():
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})  # type: ignore[no-untyped-call]
        ray.init(address=cluster.address, log_to_driver=False, namespace="tests")
        try:
            yield cluster
        finally:
            ray.shutdown()
            cluster.shutdown()  # type: ignore[no-untyped-call]
    shutil.rmtree(folder)


_undisturbed: list[Given] = []


@pytest.fixture
def undisturbed(head: Any, spoken: Path, tmp_path: Path) -> Given:
    """What the broadcasts give when nothing dies; found once."""
    if not _undisturbed:
        folder = tmp_path / "undisturbed"
        folder.mkdir()
        _undisturbed.append(play(spoken, folder, f"sqlite:///{folder / 'zhenyan.db'}"))
    given = _undisturbed[0]
    assert set(given.states.values()) == {StreamState.ENDED}, given.errors
    assert all(len(ids) >= 3 for ids in given.finding_ids.values())
    assert set(given.lost_ms.values()) == {0}
    return given

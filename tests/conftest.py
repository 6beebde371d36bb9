"""What holds for every test: fonts, lanes, and how often memory is swept.

A test that draws Chinese words is skipped where the fonts are not: the drawing itself says so. Of the service tests
those that only reckon are one lane, and step back for those of the other, which watch a live service.
"""

import gc
import os
from collections.abc import Generator, Sequence

import pytest

from cli.broadcast.errors import FontMissingError
from tests.system import chinese_fonts

_RECKON = (
    "tests/bench/test_claims_scale.py",
    "tests/bench/test_desk.py",
    "tests/bench/test_semantic.py",
    "tests/claims/",
    "tests/cli/test_extras.py",
    "tests/cli/test_replay.py",
    "tests/cluster/test_replay.py",
    "tests/review/platform/",
    "tests/review/replays/",
    "tests/review/telling/",
)
# Policies fill gigabytes of small objects that stay: looking through them again and again took a tenth of all time.
gc.set_threshold(100_000, 20, 50)


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("service") is not None:
            item.add_marker(pytest.mark.xdist_group("reckoning" if item.nodeid.startswith(_RECKON) else "live"))


@pytest.fixture(autouse=True)
def step_back(request: pytest.FixtureRequest) -> None:
    """What only reckons leaves the machine to the live service that is watched in the other lane."""
    lane = request.node.get_closest_marker("xdist_group")
    if lane is not None and lane.args == ("reckoning",) and "PYTEST_XDIST_WORKER" in os.environ:
        os.setpriority(os.PRIO_PROCESS, 0, 15)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    return (yield from _drawing())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    return (yield from _drawing())


def _drawing() -> Generator[None]:
    try:
        return (yield)
    except FontMissingError:
        chinese_fonts()
        raise

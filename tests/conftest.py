"""What holds for every test: fonts, lanes, and how often memory is swept.

A test that draws Chinese words is skipped where the fonts are not: the drawing itself says so. Service tests that only
reckon are a lane of their own, which steps back for those that watch a live service.
"""

import gc
import os
from collections.abc import Generator, Sequence

import pytest
from httpx import _config as httpx_defaults

from claims.classifier.converted import user_models_folder
from cli.broadcast.errors import FontMissingError
from tests.system import chinese_fonts

_RECKON = (
    "tests/bench/test_asr.py",
    "tests/bench/test_claims_scale.py",
    "tests/bench/test_semantic.py",
    "tests/bench/test_spoken.py",
    "tests/claims/",
    "tests/cli/test_extras.py",
    "tests/cli/test_replay.py",
    "tests/cluster/replay/test_replay.py",
    "tests/review/server/api/",
    "tests/review/replays/",
    "tests/review/webhooks/",
)
# Each test has a data folder of its own; weights are joined and converted once for all of them.
os.environ.setdefault("ZHENYAN_MODELS_DIR", str(user_models_folder()))
# With all processors busy an answer may take longer than httpx's five seconds; what a test waits for is not a measure.
for _phase in ("connect", "read", "write", "pool"):
    setattr(httpx_defaults.DEFAULT_TIMEOUT_CONFIG, _phase, 60.0)
# Policies fill gigabytes of small objects that stay: looking through them again and again took a tenth of all time.
gc.set_threshold(100_000, 20, 50)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Marks what only reckons, before tests are chosen by their marks."""
    for item in items:
        if item.nodeid.startswith(_RECKON):
            item.add_marker("reckons")


def pytest_sessionfinish() -> None:
    """What is left over is swept once; the five sweeps that follow need not look through all that stays."""
    gc.collect()
    gc.freeze()


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

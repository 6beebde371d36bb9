"""Loading with the collector at rest: it is as it was afterwards, and what was loaded is no longer looked at."""

import gc
from collections.abc import Iterator

import pytest

from cli.loading import uncollected


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.enable()
    gc.unfreeze()


def test_the_collector_rests_while_something_loads_and_leaves_it_alone() -> None:
    gc.unfreeze()
    with uncollected():
        assert not gc.isenabled()
        loaded = [[n] for n in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= len(loaded)


def test_it_works_again_after_an_error_and_stays_off_where_it_was() -> None:
    with pytest.raises(ValueError, match="no policy"), uncollected():
        raise ValueError("no policy")
    assert gc.isenabled()
    gc.disable()
    with uncollected():
        pass
    assert not gc.isenabled()

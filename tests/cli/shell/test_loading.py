"""Loading with the collector at rest: it is as it was afterwards, and what is garbage by then is collected."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from cli.shell.loading import uncollected


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.enable()


def test_the_collector_rests_while_something_loads_and_works_afterwards() -> None:
    class Knot:
        def __init__(self) -> None:
            self.itself = self

    with uncollected():
        assert not gc.isenabled()
        gone = weakref.ref(Knot())
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
    gc.collect()
    assert gone() is None


def test_it_works_again_after_an_error_and_stays_off_where_it_was() -> None:
    with pytest.raises(ValueError, match="no policy"), uncollected():
        raise ValueError("no policy")
    assert gc.isenabled()
    gc.disable()
    with uncollected():
        pass
    assert not gc.isenabled()

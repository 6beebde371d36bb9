"""Loading without the garbage collector: it would look through hundreds of thousands of new objects again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """What is loaded meanwhile is kept for good: it is collected neither now nor looked at later."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()

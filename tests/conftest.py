"""A test that draws Chinese words is skipped where the fonts are not: the drawing itself says so."""

from collections.abc import Generator

import pytest

from cli.broadcast.errors import FontMissingError
from tests.system import chinese_fonts


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

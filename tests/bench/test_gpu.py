"""What a GPU bench reads of the driver; what it measures needs a card."""

import pytest

from bench import gpu
from bench.gpu import Card, cards, measured, read_cards
from cli.shell.records import InputError


def test_cards_are_read_as_the_driver_prints_them() -> None:
    told = "0, NVIDIA A10, 23028, 512\n1, NVIDIA A10, 23028, 0\nNo devices were found\n"
    assert read_cards(told) == (
        Card(index=0, name="NVIDIA A10", memory_mb=23028, used_mb=512),
        Card(index=1, name="NVIDIA A10", memory_mb=23028, used_mb=0),
    )
    assert read_cards("") == ()


def test_without_a_driver_there_is_no_card_and_nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert cards() == ()
    with pytest.raises(InputError, match="no NVIDIA GPU is here") as refused:
        list(measured(("base",), (8,)))
    assert refused.value.exit_code == 2
    with pytest.raises(InputError):
        gpu.run(quick=True)

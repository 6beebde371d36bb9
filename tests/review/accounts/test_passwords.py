"""What a stored password costs whoever steals it."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from review.accounts import passwords
from tests.review.accounts.conftest import HASHER_IN_USE


def test_hashes_in_use_cost_what_rfc_9106_asks() -> None:
    assert extract_parameters(HASHER_IN_USE.hash("一句很长的口令")) == RFC_9106_LOW_MEMORY


def test_a_hash_of_weaker_parameters_is_outdated(monkeypatch: pytest.MonkeyPatch) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("一句很长的口令")
    assert not passwords.is_outdated(weak)
    monkeypatch.setattr(passwords, "_HASHER", HASHER_IN_USE)
    assert passwords.is_outdated(weak)
    assert passwords.fits(weak, "一句很长的口令")
    assert not passwords.fits(None, "一句很长的口令")

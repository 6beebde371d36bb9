"""Keys: made, found, rotated, ended; the secret is nowhere."""

import re
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from review.api_errors import KeyRefused, TenantError
from review.stores import Stores
from review.tenants.types import Scope
from tests.review.server.api.conftest import Clock

DAY_MS = 86_400_000


def test_a_token_is_the_key_that_it_was_made_for(platform: Stores) -> None:
    made = platform.keys.add("acme", "room service", [Scope.STREAMS_READ, Scope.CHECK], "lan", per_minute=7)
    found = platform.keys.check(made.token)
    assert re.fullmatch(r"zy_[0-9a-f]{12}_[\w-]{43}", made.token)
    assert (found.tenant_id, found.name, found.per_minute) == ("acme", "room service", 7)
    assert found.scopes == {Scope.STREAMS_READ, Scope.CHECK}


def test_nothing_that_is_kept_or_shown_has_the_secret(platform: Stores, database_url: str, tmp_path: Path) -> None:
    made = platform.keys.add("acme", "k", [Scope.CHECK], "lan")
    secret = made.token.split("_", 2)[2]
    assert secret not in repr(made)
    rows = create_engine(database_url).connect().execute(text("select * from api_keys")).all()
    trail = "".join(platform.audit.export())
    assert secret not in f"{rows}{trail}"
    assert f"key:{made.key.key_id}" in trail


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: "zy_000000000000_" + token.split("_", 2)[2],
        lambda token: token + "x",
        lambda token: token.upper(),
        lambda token: "",
        lambda token: "zy__",
        lambda token: "密钥",
        lambda token: token.replace("zy_", "zy_\x00"),
    ],
    ids=["secret", "id", "longer", "upper", "empty", "bare", "chinese", "nul"],
)
def test_a_token_that_is_none_is_refused_in_one_text(platform: Stores, spoil: object) -> None:
    made = platform.keys.add("acme", "k", [Scope.CHECK], "lan")
    assert callable(spoil)
    with pytest.raises(KeyRefused, match="unknown, expired or revoked"):
        platform.keys.check(spoil(made.token))


def test_after_a_rotation_both_work_until_the_overlap_is_over(platform: Stores, clock: Clock) -> None:
    old = platform.keys.add("acme", "k", [Scope.CHECK], "lan", per_minute=9)
    new = platform.keys.rotate(old.key.key_id, "lan", overlap_ms=DAY_MS)
    clock.wait(DAY_MS / 1000 - 1)
    assert {platform.keys.check(token.token).name for token in (old, new)} == {"k"}
    assert platform.keys.check(new.token).per_minute == 9
    clock.wait(1)
    assert platform.keys.check(new.token).scopes == {Scope.CHECK}
    with pytest.raises(KeyRefused):
        platform.keys.check(old.token)
    with pytest.raises(TenantError, match="is expired already"):
        platform.keys.rotate(old.key.key_id, "lan", overlap_ms=DAY_MS)


def test_an_overlap_does_not_make_a_key_live_longer(platform: Stores, clock: Clock) -> None:
    ends_ms = int(clock.now.timestamp() * 1000) + 1000
    old = platform.keys.add("acme", "k", [Scope.CHECK], "lan", expires_at_ms=ends_ms)
    new = platform.keys.rotate(old.key.key_id, "lan", overlap_ms=DAY_MS)
    assert new.key.expires_at_ms == ends_ms
    clock.wait(1)
    for token in (old.token, new.token):
        with pytest.raises(KeyRefused):
            platform.keys.check(token)


def test_a_revoked_key_is_over_at_once(platform: Stores) -> None:
    made = platform.keys.add("acme", "k", [Scope.CHECK], "lan")
    platform.keys.revoke(made.key.key_id, "lan")
    with pytest.raises(KeyRefused):
        platform.keys.check(made.token)
    with pytest.raises(TenantError, match="is revoked already"):
        platform.keys.revoke(made.key.key_id, "lan")
    with pytest.raises(TenantError, match="there is none"):
        platform.keys.revoke("nope", "lan")


def test_when_a_key_was_used_is_kept_to_the_minute(platform: Stores, clock: Clock) -> None:
    made = platform.keys.add("acme", "k", [Scope.CHECK], "lan")
    platform.keys.check(made.token)
    first_ms = int(clock.now.timestamp() * 1000)
    clock.wait(59)
    platform.keys.check(made.token)
    assert [key.used_at_ms for key in platform.keys.keys("acme")] == [first_ms]
    clock.wait(1)
    platform.keys.check(made.token)
    assert [key.used_at_ms for key in platform.keys.keys("acme")] == [first_ms + 60_000]


def test_customers_and_keys_that_cannot_be(platform: Stores) -> None:
    for name in ("acme", "local"):
        with pytest.raises(TenantError, match="is there already"):
            platform.keys.add_tenant(name, "", "lan")
    for name in ("", "A", "a/b", "-a", "a" * 60, "租户"):
        with pytest.raises(TenantError, match="an id has"):
            platform.keys.add_tenant(name, "", "lan")
    with pytest.raises(TenantError, match="zhenyan keys tenant nobody"):
        platform.keys.add("nobody", "k", [Scope.CHECK], "lan")
    with pytest.raises(TenantError, match="may do nothing"):
        platform.keys.add("acme", "k", [], "lan")


def test_the_installation_itself_may_have_keys(platform: Stores) -> None:
    made = platform.keys.add("local", "own", [Scope.CHECK], "lan")
    assert platform.keys.check(made.token).tenant_id == "local"
    assert [key.key_id for key in platform.keys.keys("local")] == [made.key.key_id]
    assert {tenant.tenant_id for tenant in platform.keys.tenants()} == {"acme", "bolt", "local"}

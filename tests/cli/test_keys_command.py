"""`zhenyan keys`: customers and keys from the command line."""

import json
from pathlib import Path

import pytest

from review.api_errors import KeyRefused
from review.stores import Stores
from review.tenants.types import Scope
from tests.cli.support import Call


@pytest.fixture
def acme(zhenyan: Call) -> None:
    assert zhenyan("keys", "tenant", "acme", "--name", "Acme Live").out == "acme: added\n"


def stored(tmp_path: Path) -> Stores:
    return Stores.open(f"sqlite:///{tmp_path / 'data' / 'zhenyan.db'}")


def keys(zhenyan: Call) -> list[dict[str, str]]:
    return [json.loads(line) for line in zhenyan("keys", "list", "--json").out.splitlines()]


@pytest.mark.usefixtures("acme")
def test_a_key_is_made_shown_once_rotated_and_revoked(zhenyan: Call, tmp_path: Path) -> None:
    made = zhenyan("keys", "add", "rooms", "--tenant", "acme", "--scope", "streams:read", "--scope", "check")
    token = made.out.strip()
    assert (made.status, len(made.out.splitlines())) == (0, 1)
    [listed] = keys(zhenyan)
    assert (listed["tenant"], listed["name"], listed["state"]) == ("acme", "rooms", "active")
    assert listed["scopes"] == "check streams:read"
    assert token.split("_", 2)[2] not in zhenyan("keys", "list").out
    rotated = zhenyan("keys", "rotate", listed["key"], "--overlap-hours", "0").out.strip()
    assert [key["state"] for key in keys(zhenyan)].count("expired") == 1
    stores = stored(tmp_path)
    assert stores.keys.check(rotated).scopes == {Scope.STREAMS_READ, Scope.CHECK}
    with pytest.raises(KeyRefused):
        stores.keys.check(token)
    assert zhenyan("keys", "revoke", rotated.split("_")[1]).status == 0
    with pytest.raises(KeyRefused):
        stores.keys.check(rotated)
    actions = [entry.action for entry in stores.audit.entries()]
    assert actions == ["key.revoked", "key.rotated", "key.added", "tenant.added"]
    assert stores.audit.entries()[0].actor.startswith("cli")
    stores.close()


def test_the_installation_has_keys_too_and_all_is_all_but_what_is_named_alone(zhenyan: Call, tmp_path: Path) -> None:
    token = zhenyan("keys", "add", "own", "--scope", "all", "--days", "0.5", "--per-minute", "5").out.strip()
    stores = stored(tmp_path)
    found = stores.keys.check(token)
    stores.close()
    assert (found.tenant_id, found.per_minute) == ("local", 5)
    assert set(Scope) - found.scopes == {Scope.STREAMS_URGENT, Scope.TRANSCRIPTS_FULL}
    assert found.expires_at_ms is not None
    assert found.expires_at_ms - found.created_at_ms == pytest.approx(12 * 3_600_000, abs=60_000)


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("tenant", "acme"), "is there already"),
        (("tenant", "Acme"), "an id has"),
        (("add", "k", "--tenant", "bolt", "--scope", "check"), "zhenyan keys tenant bolt"),
        (("add", "k"), "--scope"),
        (("add", "k", "--scope", "fly"), "fly"),
        (("add", "k", "--scope", "check", "--days", "0"), "--days"),
        (("rotate", "nope"), "there is none"),
        (("revoke", "nope"), "there is none"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(zhenyan: Call, arguments: tuple[str, ...], told: str) -> None:
    answer = zhenyan("keys", *arguments)
    assert (answer.status, answer.out) == (2, "")
    assert told in answer.err
    assert len(answer.err.splitlines()) == 1


@pytest.mark.usefixtures("acme")
def test_tenants_are_listed(zhenyan: Call) -> None:
    assert '{"tenant": "acme", "name": "Acme Live"}' in zhenyan("keys", "tenants", "--json").out.splitlines()
    assert "Acme Live" in zhenyan("keys", "tenants").out

import json
from pathlib import Path

import pytest

from cli.commands.serve import access_of
from cli.config.settings import load_settings
from review.accounts.types import Role
from review.server.auth.access import Auth
from review.stores import Stores
from tests.cli.support import Call

SECRET = "a long enough password"


def accounts(zhenyan: Call) -> list[dict[str, str]]:
    return [json.loads(line) for line in zhenyan("people", "list", "--json").out.splitlines()]


def test_an_account_is_added_listed_changed_and_closed(zhenyan: Call, tmp_path: Path) -> None:
    added = zhenyan("people", "add", "lan", "--name", "小兰", "--role", "reviewer", stdin=SECRET + "\n")
    assert (added.status, added.out) == (0, "lan: added as reviewer\n")
    shown = {"login": "lan", "name": "小兰", "role": "reviewer", "tenants": "all"}
    assert accounts(zhenyan) == [shown | {"state": "open", "logs_in_by": "password"}]
    assert zhenyan("people", "set", "lan", "--role", "senior", "--close").status == 0
    assert [(a["role"], a["state"]) for a in accounts(zhenyan)] == [("senior", "closed")]
    assert "小兰" in zhenyan("people", "list").out
    zhenyan("people", "set", "lan", "--open")
    zhenyan("keys", "tenant", "acme")
    assert zhenyan("people", "set", "lan", "--tenant", "acme").status == 0
    assert [(a["role"], a["tenants"]) for a in accounts(zhenyan)] == [("senior", "acme")]
    assert zhenyan("people", "set", "lan", "--all-tenants").status == 0
    assert [a["tenants"] for a in accounts(zhenyan)] == ["all"]
    assert zhenyan("people", "password", "lan", stdin="another long password\n").status == 0
    stores = Stores.open(f"sqlite:///{tmp_path / 'data' / 'zhenyan.db'}")
    assert stores.people.log_in("lan", "another long password", "x").person.role is Role.SENIOR
    stores.close()


@pytest.mark.parametrize(
    ("arguments", "stdin", "told"),
    [
        (("add", "lan", "--role", "reviewer"), "short\n", "12 characters"),
        (("add", "lan", "--role", "reviewer"), "", "has no password"),
        (("add", "lan", "--role", "emperor"), SECRET, "emperor"),
        (("add", "lan"), SECRET, "--role"),
        (("set", "who", "--role", "admin"), "", "no account 'who'"),
        (("set", "lan"), "", "changes nothing"),
        (("set", "lan", "--tenant", "acme", "--all-tenants"), "", "not both"),
        (("add", "lan", "--role", "reviewer", "--tenant", "nobody"), SECRET, "customer 'nobody': there is none"),
        (("password", "who"), SECRET, "no account 'who'"),
    ],
)
def test_what_cannot_be_done_is_told(zhenyan: Call, arguments: tuple[str, ...], stdin: str, told: str) -> None:
    answer = zhenyan("people", *arguments, stdin=stdin)
    assert answer.status == 2
    assert told in answer.complaint


def test_no_password_stands_on_the_command_line(zhenyan: Call) -> None:
    for command in ("add", "password"):
        assert "--password" not in zhenyan("people", command, "--help").out


def test_pages_without_logins_are_served_to_this_machine_only(zhenyan: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHENYAN_HOST", "0.0.0.0")
    answer = zhenyan("serve", "--port", "0")
    assert answer.status == 2
    assert "auth none" in answer.complaint
    assert "zhenyan people add" in answer.complaint


def test_a_provider_that_is_not_named_is_told(zhenyan: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHENYAN_AUTH", "oidc")
    answer = zhenyan("serve", "--port", "0")
    assert answer.status == 2
    assert "oidc_issuer" in answer.complaint


def test_the_settings_of_a_provider_are_read(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(
        "auth: oidc\noidc_issuer: https://id.example\noidc_client_id: desk\noidc_client_secret: hush\n"
        "oidc_role_claim: groups\noidc_roles: {staff: reviewer}\noidc_default_role: auditor\n",
        encoding="utf-8",
    )
    settings = load_settings(file)
    access = access_of(settings)
    assert access.auth is Auth.OIDC
    assert access.oidc is not None
    assert (access.oidc.roles, access.oidc.default_role) == ({"staff": Role.REVIEWER}, Role.AUDITOR)
    assert "hush" not in repr(settings) + repr(access)


def test_what_is_done_to_accounts_and_keys_is_in_the_trail(zhenyan: Call, tmp_path: Path) -> None:
    zhenyan("people", "add", "lan", "--role", "reviewer", stdin=f"{SECRET}\n")
    zhenyan("people", "set", "lan", "--role", "senior", "--close")
    zhenyan("people", "password", "lan", stdin="another long password\n")
    _, key_id, key_secret = zhenyan("keys", "add", "a program", "--scope", "all").out.strip().split("_", 2)
    zhenyan("keys", "revoke", key_id)
    assert zhenyan("audit", "export", "audit.jsonl").status == 0
    whole = zhenyan("audit", "verify")
    assert (whole.status, "audit trail whole: 6 entries" in whole.out) == (0, True)
    exported = (tmp_path / "audit.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in exported.splitlines()[1:]]
    assert [line["action"] for line in lines] == [
        *("account.added", "account.role_changed", "account.closed", "account.password_changed"),
        *("key.added", "key.revoked"),
    ]
    assert all(line["actor"].startswith("cli") for line in lines)
    assert not any(secret in exported for secret in (SECRET, "another long password", key_secret))

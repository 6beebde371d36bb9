"""The whole way through a real OpenID provider on loopback, and each way it can go wrong."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from bench.ports import free_port
from review.accounts.types import Role
from review.server.auth.access import Access, AccessError, Auth, OidcSettings, role_of
from review.stores import Stores
from tests.review.accounts.conftest import Serve
from tests.review.accounts.support import SECRET

LAN = {"sub": "u-1", "preferred_username": "lan", "name": "小兰", "groups": ["staff", "seniors"]}
PLAIN = {"sub": "u-2", "preferred_username": "nobody", "groups": []}
PAGE = {"Accept": "text/html"}


@contextmanager
def running_provider() -> Iterator[str]:
    """A provider in a process of its own; it knows two people."""
    port = free_port()
    claims = [part for person in (LAN, PLAIN) for part in ("--user-claims", json.dumps(person))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--require-nonce", "true", *claims], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/.well-known/openid-configuration", process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            httpx.get(url).raise_for_status()
            return
        except httpx.TransportError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with running_provider() as url:
        yield url


def access(issuer: str, **more: object) -> Access:
    settings = {"role_claim": "groups", "roles": {"staff": Role.REVIEWER, "seniors": Role.SENIOR}} | more
    oidc = OidcSettings(issuer=issuer, client_id="desk", client_secret="a secret", **settings)  # type: ignore[arg-type]
    return Access(auth=Auth.OIDC, oidc=oidc)


def vouch(browser: httpx.Client, subject: str, back: str = "/") -> str:
    """Goes to the provider, logs in there; gives the address that it leads back to."""
    sent = browser.get("/login/provider", params={"next": back})
    assert sent.status_code == 302
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"code_challenge", "state", "nonce"} <= set(asked)
    answer = httpx.post(sent.headers["location"], data={"sub": subject})
    assert answer.status_code == 302
    return str(answer.headers["location"])


def test_who_the_provider_vouches_for_is_in_with_the_role_of_their_groups(
    serve: Serve, provider: str, desk_store: Stores
) -> None:
    browser = serve(access(provider))
    door = browser.get("/login?next=/findings")
    assert "用单位账号登录" in door.text
    assert "password" not in door.text
    let = browser.get(vouch(browser, "u-1", "/findings"))
    assert (let.status_code, let.headers["location"]) == (303, "/findings")
    seen = browser.get("/findings").text
    assert '<span class="who">小兰</span>' in seen
    assert '<span class="quiet">高级审核员</span>' in seen
    [account] = desk_store.people.accounts()
    assert (account.login, account.person.role, account.issuer) == ("lan", Role.SENIOR, provider)
    assert browser.post("/login", data={"login": "lan", "password": SECRET}).status_code == 405


def test_the_provider_decides_the_role_at_every_login(serve: Serve, provider: str, desk_store: Stores) -> None:
    first = serve(access(provider))
    first.get(vouch(first, "u-1"))
    demoting = serve(access(provider, roles={"staff": Role.AUDITOR}))
    demoting.get(vouch(demoting, "u-1"))
    [account] = desk_store.people.accounts()
    assert account.person.role is Role.AUDITOR
    assert first.get("/", headers=PAGE).status_code == 303


def test_who_has_no_role_is_refused(serve: Serve, provider: str, desk_store: Stores) -> None:
    browser = serve(access(provider))
    refused = browser.get(vouch(browser, "u-2"))
    assert refused.status_code == 403
    assert "没有给你这里的角色" in refused.text
    assert desk_store.people.accounts() == ()


def test_without_a_claim_unknown_people_get_the_default_role_or_none(
    serve: Serve, provider: str, desk_store: Stores
) -> None:
    closed = serve(access(provider, role_claim=""))
    assert "没有你的账号" in closed.get(vouch(closed, "u-2")).text
    lenient = serve(access(provider, role_claim="", default_role=Role.AUDITOR))
    assert lenient.get(vouch(lenient, "u-2")).status_code == 303
    desk_store.people.change("nobody", role=Role.REVIEWER, actor="test")
    assert closed.get(vouch(closed, "u-2")).status_code == 303
    [account] = desk_store.people.accounts()
    assert account.person.role is Role.REVIEWER


def test_a_closed_account_stays_out(serve: Serve, provider: str, desk_store: Stores) -> None:
    browser = serve(access(provider))
    browser.get(vouch(browser, "u-1"))
    desk_store.people.change("lan", active=False, actor="test")
    refused = browser.get(vouch(browser, "u-1"))
    assert (refused.status_code, "账号已停用" in refused.text) == (403, True)


def test_a_login_name_that_another_account_has_is_refused(serve: Serve, provider: str, desk_store: Stores) -> None:
    desk_store.people.add("lan", "本地小兰", Role.ADMIN, SECRET, actor="test")
    browser = serve(access(provider))
    assert browser.get(vouch(browser, "u-1")).status_code == 403
    assert len(desk_store.people.accounts()) == 1


def test_an_answer_to_another_browsers_login_is_refused(serve: Serve, provider: str) -> None:
    browser = serve(access(provider))
    back = vouch(browser, "u-1")
    victim = httpx.Client(base_url=browser.base_url)
    assert victim.get(back).status_code == 403
    assert victim.get("/", headers=PAGE).status_code == 303
    victim.close()
    forged = httpx.URL(back).copy_set_param("state", "forged")
    assert browser.get(forged).status_code == 403
    assert browser.get(back).status_code == 403, "the state is spent"


@pytest.mark.parametrize(
    "answer",
    ["/login/back", "/login/back?error=access_denied", "/login/back?code=x&state=y"],
    ids=["nothing", "a refusal", "a code of nobody"],
)
def test_an_answer_that_says_nothing_good_lets_nobody_in(serve: Serve, provider: str, answer: str) -> None:
    browser = serve(access(provider))
    refused = browser.get(answer)
    assert refused.status_code == 403
    assert "重新登录" in refused.text
    assert "zhenyan" not in browser.cookies


def test_a_code_is_good_once(serve: Serve, provider: str) -> None:
    browser = serve(access(provider))
    back = vouch(browser, "u-1")
    handshake = browser.cookies["zhenyan_handshake"]
    assert browser.get(back).status_code == 303
    replayed = httpx.get(browser.base_url.join(back), headers={"Cookie": f"zhenyan_handshake={handshake}"})
    assert replayed.status_code == 403


def test_a_provider_that_is_down_is_told(serve: Serve) -> None:
    with running_provider() as gone:
        pass
    browser = serve(access(gone))
    down = browser.get("/login/provider")
    assert down.status_code == 502
    assert "登录服务没有回应" in down.text


def test_a_provider_that_goes_down_on_the_way_is_told(serve: Serve) -> None:
    with running_provider() as url:
        browser = serve(access(url))
        back = vouch(browser, "u-1")
    assert browser.get(back).status_code == 403


def test_the_highest_of_several_groups_counts() -> None:
    settings = OidcSettings(
        issuer="i", client_id="c", client_secret="", role_claim="g", roles={"a": Role.AUDITOR, "b": Role.ADMIN}
    )
    assert role_of({"g": ["a", "b", 7]}, settings) is Role.ADMIN
    assert role_of({"g": "a"}, settings) is Role.AUDITOR
    assert role_of({"g": None}, settings) is None
    assert role_of({}, settings) is None


def test_a_provider_must_be_named() -> None:
    with pytest.raises(AccessError, match="oidc_issuer"):
        Access(auth=Auth.OIDC, oidc=OidcSettings(issuer="", client_id="", client_secret=""))
    assert "a secret" not in repr(access("https://id.example"))

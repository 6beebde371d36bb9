"""Logging in and out as a browser does it, and everything that must not work."""

import httpx
import pytest

from review.accounts.store import IDLE_MS
from review.accounts.types import Role
from review.server.auth.access import Access, AccessError, Auth
from review.server.auth.guard import local_path
from review.stores import Stores
from tests.review.accounts.conftest import Serve
from tests.review.accounts.support import SECRET, Clock, as_login, form_token, let_in, log_in

LOCAL = Access(auth=Auth.LOCAL)
PAGE = {"Accept": "text/html"}


@pytest.fixture
def browser(serve: Serve, desk_store: Stores) -> httpx.Client:
    """A browser at a server with passwords; lan, a reviewer, has an account."""
    desk_store.people.add("lan", "小兰", Role.REVIEWER, SECRET, actor="test")
    return serve(LOCAL)


def test_a_person_logs_in_lands_where_they_were_going_and_logs_out(browser: httpx.Client) -> None:
    sent = browser.get("/findings?show=all", headers=PAGE)
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=%2Ffindings%3Fshow%3Dall")
    page = browser.get(sent.headers["location"]).text
    fields = {"login": "lan", "password": SECRET, "csrf": form_token(page), "next": "/findings?show=all"}
    let = browser.post("/login", data=fields)
    assert (let.status_code, let.headers["location"]) == (303, "/findings?show=all")
    there = browser.get("/findings?show=all")
    assert "小兰" in there.text
    assert browser.get("/login?next=/findings").headers["location"] == "/findings"
    out = browser.post("/logout", data={"csrf": form_token(there.text)})
    assert out.headers["location"] == "/login"
    assert browser.get("/", headers=PAGE).status_code == 303


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: httpx.Client) -> None:
    cookie = log_in(browser, "lan", SECRET).headers["set-cookie"]
    assert cookie.startswith("zhenyan=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    browser.cookies.clear()
    browser.headers["X-Forwarded-Proto"] = "https"
    page = browser.get("/login")
    assert "Secure" in page.headers["set-cookie"]
    token = page.headers["set-cookie"].partition("=")[2].partition(";")[0]
    fields = {"login": "lan", "password": SECRET, "csrf": form_token(page.text)}
    cookie = browser.post("/login", data=fields, headers={"Cookie": f"before_login={token}"}).headers["set-cookie"]
    assert cookie.startswith("__Host-zhenyan=")
    assert "; Secure" in cookie
    assert "Path=/" in cookie


def test_a_wrong_password_is_told_and_too_many_are_held_up(browser: httpx.Client) -> None:
    for _ in range(5):
        refused = log_in(browser, "lan", "guess guess guess", next="/findings")
        assert refused.status_code == 401
        assert "登录名或密码不对" in refused.text
        assert 'value="/findings"' in refused.text
    held_up = log_in(browser, "lan", SECRET)
    assert held_up.status_code == 429
    assert "too many tries" in held_up.text
    assert browser.get("/", headers=PAGE).status_code == 303


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/a\r\nSet-Cookie: x=1",
        "/\tevil",
        "javascript:alert(1)",
        "",
        "evil",
    ],
)
def test_nobody_is_sent_elsewhere_after_a_login(browser: httpx.Client, target: str) -> None:
    assert local_path(target) == "/"
    assert log_in(browser, "lan", SECRET, next=target).headers["location"] == "/"
    assert browser.get("/login", params={"next": target}).headers["location"] == "/"


def test_paths_of_this_server_are_kept() -> None:
    assert local_path("/cases/1?state=open&host=%E5%B0%8F") == "/cases/1?state=open&host=%E5%B0%8F"


def test_an_idle_session_leads_back_to_the_page(browser: httpx.Client, clock: Clock) -> None:
    log_in(browser, "lan", SECRET)
    assert browser.get("/").status_code == 200
    clock.wait(IDLE_MS + 1)
    page = browser.get("/?state=open", headers=PAGE)
    assert page.headers["location"] == "/login?next=%2F%3Fstate%3Dopen"
    shown = str(browser.base_url.join("/cases/c1?state=open"))
    fragment = browser.get("/partials/queue", headers={"HX-Request": "true", "HX-Current-URL": shown})
    assert fragment.status_code == 401
    assert fragment.headers["hx-redirect"] == "/login?next=%2Fcases%2Fc1%3Fstate%3Dopen"
    evil = browser.get("/", headers={"HX-Request": "true", "HX-Current-URL": "https://evil.example//evil.example"})
    assert evil.headers["hx-redirect"] == "/login"
    script = browser.get("/v1/findings")
    assert (script.status_code, script.headers["content-type"]) == (401, "application/problem+json")


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "' or 1=1 --"])
def test_a_forged_cookie_opens_nothing(browser: httpx.Client, token: str) -> None:
    assert browser.get("/v1/findings", headers={"Cookie": f"zhenyan={token}"}).status_code == 401


def test_a_closed_account_is_out_at_once(browser: httpx.Client, desk_store: Stores) -> None:
    log_in(browser, "lan", SECRET)
    assert browser.get("/").status_code == 200
    desk_store.people.change("lan", active=False, actor="test")
    assert browser.get("/", headers=PAGE).status_code == 303
    assert log_in(browser, "lan", SECRET).status_code == 401


def test_a_new_login_ends_the_old_session_of_the_browser(browser: httpx.Client, desk_store: Stores) -> None:
    log_in(browser, "lan", SECRET)
    first = browser.cookies["zhenyan"]
    token = form_token(httpx.get(browser.base_url.join("/login")).text)
    fields = {"login": "lan", "password": SECRET, "csrf": token}
    browser.post("/login", data=fields, headers={"Cookie": f"zhenyan={first}; before_login={token}"})
    assert desk_store.people.session(first) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "forged"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
    ids=["no token", "forged token", "another site", "a neighbour", "another origin", "hidden origin"],
)
def test_a_forged_write_is_refused(browser: httpx.Client, desk_store: Stores, headers: dict[str, str]) -> None:
    login = let_in(desk_store.people, Role.ADMIN)
    sent = browser.post("/logout", headers=as_login(login) | headers)
    assert sent.status_code == 403
    assert desk_store.people.session(login.token) is not None


@pytest.mark.parametrize("field", ["token of another session", "no field"])
def test_the_token_belongs_to_the_session(browser: httpx.Client, desk_store: Stores, field: str) -> None:
    own, other = let_in(desk_store.people, Role.ADMIN), let_in(desk_store.people, Role.SENIOR)
    data = {} if field == "no field" else {"csrf": other.csrf}
    cookie = {"Cookie": f"zhenyan={own.token}"}
    assert browser.post("/logout", data=data, headers=cookie).status_code == 403
    assert browser.post("/logout", data={"csrf": own.csrf}, headers=cookie).status_code == 303


def test_a_login_that_another_page_sends_is_refused(browser: httpx.Client) -> None:
    token = form_token(browser.get("/login").text)
    fields = {"login": "lan", "password": SECRET}
    assert browser.post("/login", data=fields | {"csrf": "forged"}).status_code == 403
    elsewhere = {"Origin": "https://evil.example"}
    assert browser.post("/login", data=fields | {"csrf": token}, headers=elsewhere).status_code == 403
    browser.cookies.clear()
    assert browser.post("/login", data=fields | {"csrf": token}).status_code == 403


def test_a_password_is_changed_by_who_knows_it(browser: httpx.Client, desk_store: Stores) -> None:
    log_in(browser, "lan", SECRET)
    elsewhere = desk_store.people.log_in("lan", SECRET, "10.0.0.1")
    token = form_token(browser.get("/password").text)
    new = "another long password"
    wrong = {"old": "wrong wrong wrong", "new": new, "again": new, "csrf": token}
    assert browser.post("/password", data=wrong).status_code == 422
    assert "differ" in browser.post("/password", data=wrong | {"old": SECRET, "again": "other"}).text
    short = {"old": SECRET, "new": "short", "again": "short", "csrf": token}
    assert "12 characters" in browser.post("/password", data=short).text
    assert browser.post("/password", data=wrong | {"old": SECRET}).status_code == 303
    assert browser.get("/").status_code == 200
    assert desk_store.people.session(elsewhere.token) is None
    browser.cookies.clear()
    assert log_in(browser, "lan", new).status_code == 303


def test_without_logins_only_this_machine_is_served(serve: Serve) -> None:
    browser = serve(Access())
    assert "本机" in browser.get("/").text
    assert browser.get("/login").status_code == 404
    rebound = browser.get("/", headers={"Host": "evil.example"})
    assert rebound.status_code == 403
    assert browser.get("/", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 403
    assert browser.post("/people", data={"login": "x", "role": "admin", "password": SECRET}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]"])
def test_no_logins_may_be_bound_to_loopback(host: str) -> None:
    Access().check_bound(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "desk.example", "localhost.evil.example"])
def test_no_logins_may_not_be_bound_elsewhere(host: str) -> None:
    with pytest.raises(AccessError, match="loopback"):
        Access().check_bound(host)
    Access(auth=Auth.LOCAL).check_bound(host)

"""The installation goes by what pip is set to on the machine, though another program does it."""

import pytest

from scripts.install import pip_settings, uv_environment, uv_options

_INDEX = "index-" + "url"
_LISTED = f"""\
:env:.find-links='/srv/wheels /srv/more'
global.cert='/etc/ssl/own.pem'
global.find-links='/opt/wheels'
global.{_INDEX}='https://mirror.example/simple?a=b'
global.timeout='20'
install.{_INDEX}='https://nearer.example/simple'
install.trusted-host='one.example\\ntwo.example'
freeze.all='true'
"""


def test_the_strongest_of_pips_settings_counts() -> None:
    assert pip_settings(_LISTED.splitlines()) == {
        "cert": "/etc/ssl/own.pem",
        "find_links": "/srv/wheels /srv/more",
        "index_url": "https://nearer.example/simple",
        "timeout": "20",
        "trusted_host": "one.example\ntwo.example",
    }
    assert pip_settings([]) == {}


def test_settings_of_several_values_become_an_option_each() -> None:
    options = uv_options({"trusted_host": "one.example\ntwo.example", "find_links": "/srv/a /srv/b", "cert": "/c"})
    pairs = list(zip(options[::2], options[1::2], strict=True))
    assert pairs == [
        ("--index-strategy", "unsafe-best-match"),
        ("--find-links", "/srv/a"),
        ("--find-links", "/srv/b"),
        ("--allow-insecure-host", "one.example"),
        ("--allow-insecure-host", "two.example"),
    ]


def test_what_is_set_for_uv_itself_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.example/simple")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    environment = uv_environment({"index_url": "https://mirror.example/simple", "cert": "/etc/ssl/own.pem"})
    assert environment["UV_DEFAULT_INDEX"] == "https://own.example/simple"
    assert environment["SSL_CERT_FILE"] == "/etc/ssl/own.pem"

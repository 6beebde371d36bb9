"""The one configured place is called and no other, whatever a server or the environment says."""

import pytest

from cluster.second_reader.endpoint import EndpointModel
from cluster.second_reader.types import ModelFailed, ModelLate
from tests.cluster.second_reader.rooms import config
from tests.cluster.second_reader.scripted import Response, completion, scripted

ASKED = [{"role": "user", "content": "?"}]


def test_a_redirect_to_another_port_is_not_followed() -> None:
    with scripted(lambda _: completion("{}")) as other:
        there = Response(status=307, headers={"location": f"{other.url}/chat/completions"})
        with scripted(lambda _: there) as server:
            model = EndpointModel(config(server.url))
            with pytest.raises(ModelFailed, match="307"):
                model.say(ASKED, {}, within_s=10)
            model.close()
        assert other.asked == []


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(lambda _: completion("{}")) as proxy, scripted(lambda _: completion('{"a":1}')) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        model = EndpointModel(config(server.url))
        assert model.say(ASKED, {}, within_s=10).text == '{"a":1}'
        model.close()
        assert proxy.asked == []


def test_another_private_place_than_the_configured_one_is_refused() -> None:
    from cluster.second_reader.transport import build_client
    from net.guard import NetPolicy

    with scripted(lambda _: completion("{}")) as server:
        import asyncio

        import httpx2

        async def call() -> None:
            async with build_client(NetPolicy.parse(["127.0.0.1:1"]), most_bytes=1000, within_s=5) as client:
                await client.post(server.url, json={})

        with pytest.raises(httpx2.ConnectError):
            asyncio.run(call())
        assert server.asked == []


def test_a_call_that_is_late_is_broken_off() -> None:
    import threading

    released = threading.Event()
    with scripted(lambda _: Response(hold=released)) as server:
        model = EndpointModel(config(server.url))
        with pytest.raises(ModelLate):
            model.say(ASKED, {}, within_s=0.2)
        released.set()
        model.close()


def test_no_secret_stands_in_settings_that_are_shown() -> None:
    assert "sk-very-secret" not in repr(config("http://127.0.0.1:1/v1"))

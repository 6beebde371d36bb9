"""How many connections a key keeps open: real streams and long polls, refused beyond the bound, freed when they go."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from claims.types import Finding
from review.server.api import events as api
from review.server.api.ordering import Platform as Setup
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from tests.review.enforcement.people import let_in
from tests.review.server.api.conftest import problem
from tests.review.serving import served
from tests.review.webhooks.conftest import LOOPBACK
from tests.review.webhooks.receiver import wait_for

MOST = 3
AN_HOUR_S = 3600
As = Callable[..., httpx.Client]


@pytest.fixture
def address(told: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    # So long that no poll of these tests ends by itself.
    monkeypatch.setattr(api, "_LONGEST_WAIT_S", AN_HOUR_S)
    setup = Setup(net=LOOPBACK, most_waiting=MOST)
    with served(create_app(told, tmp_path / "data", access=Access(auth=Auth.LOCAL), platform=setup)) as url:
        yield url


def follow(stack: ExitStack, client: httpx.Client) -> httpx.Response:
    """An open stream, of which the first event has come."""
    answer = stack.enter_context(client.stream("GET", "/v1/events/stream"))
    if answer.status_code == 200:
        # An iterator that is let go ends the connection: the stack keeps it.
        lines = answer.iter_lines()
        stack.callback(id, lines)
        next(lines)
    else:
        answer.read()
    return answer


def test_one_stream_too_many_is_refused_and_a_closed_one_makes_room(as_tenant: As) -> None:
    acme = as_tenant("acme")
    with ExitStack() as others, ExitStack() as first:
        follow(first, acme)
        for _ in range(MOST - 1):
            assert follow(others, acme).status_code == 200
        refused = follow(others, acme)
        assert f"{MOST} streams" in problem(refused, 429)
        assert (refused.json()["code"], refused.headers["retry-after"]) == ("waiting", "5")
        assert int(refused.headers["ratelimit-remaining"]) > 0
        refused = acme.get("/v1/events", params={"after": 99, "wait": 30})
        problem(refused, 429)
        assert acme.get("/v1/events").status_code == 200, "who does not wait is not counted"
        assert follow(others, as_tenant("acme")).status_code == 200, "each key has its own"
        assert follow(others, as_tenant("bolt")).status_code == 200
        first.close()

        def there_is_room() -> bool:
            with ExitStack() as stack:
                return follow(stack, acme).status_code == 200

        wait_for(there_is_room)


def test_long_polls_are_counted_and_freed_when_the_client_goes(as_tenant: As) -> None:
    acme = as_tenant("acme")
    where = acme.base_url
    asking = (
        f"GET /v1/events?after=99&wait={AN_HOUR_S} HTTP/1.1\r\nHost: {where.host}\r\n"
        f"Authorization: {acme.headers['authorization']}\r\n\r\n"
    )

    def looks() -> int:
        return acme.get("/v1/events", params={"after": 99, "wait": 0.01}).status_code

    with ExitStack() as stack:

        def full() -> bool:
            # A look takes a place too, so a poll that comes meanwhile may be refused: another takes its turn.
            connection = stack.enter_context(socket.create_connection((where.host, where.port or 80)))
            connection.sendall(asking.encode())
            return looks() == 429

        wait_for(full)
    wait_for(lambda: looks() == 200)


def test_an_answer_frees_its_place(as_tenant: As, told: Stores, make_finding: Callable[..., Finding]) -> None:
    acme = as_tenant("acme")
    for number in range(MOST + 2):
        told.stream_writer.add_findings([make_finding(finding_id=f"f{number}", stream_id="a1")])
        answer = acme.get("/v1/events", params={"after": number + 1, "wait": 30})
        assert [event["sequence"] for event in answer.json()["events"]] == [number + 2]


def test_people_are_bound_as_keys_are(address: str, told: Stores) -> None:
    held = let_in(told.people, "dora")
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(base_url=address, cookies={"zhenyan": held.token}, timeout=30))
        statuses = [follow(stack, client).status_code for _ in range(MOST + 1)]
    assert statuses == [200] * MOST + [429]

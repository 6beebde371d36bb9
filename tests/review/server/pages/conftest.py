"""A desk where people log in: a server over a store with its own clock, and a seat in a real browser for each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route

from claims.law.texts import StatuteTexts
from claims.types import Passage
from review.accounts.types import Person, Role
from review.cases.queries import CaseQuery
from review.cases.types import Case
from review.db.engine import open_engine
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from review.streams.types import Host, StreamRecord
from tests.review.server.pages.seats import CLASS_NAMES, Clock, MakeFinding, Sit, known, log_in
from tests.review.serving import served

Handle = Callable[[Route], object]
LAPTOP = {"width": 1366, "height": 768}
LAWS_FILE = Path(__file__).parents[4] / "configs" / "laws" / "zh-CN.yaml"
# A browser says so by itself when an answer is a refusal or a request is cut off, which these tests are about.
# The checker of accessibility tries inline styles, which the pages' policy refuses.
EXPECTED_COMPLAINTS = ("Failed to load resource", "htmx:", "Applying inline style violates")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def second_share() -> float:
    """How many cases are decided twice; a test may override it."""
    return 0.0


@pytest.fixture
def desk_store(
    database_url: str, stream: StreamRecord, clock: Clock, second_share: float, passages: tuple[Passage, ...]
) -> Iterator[Stores]:
    """A store with four rooms; the first has words around the finding."""
    stores = Stores.over(open_engine(database_url), now=clock, second_share=second_share)
    stores.stream_writer.put_stream(stream)
    for number, name in enumerate(("阿强", "老周", "小美"), start=2):
        host = Host(id=f"h{number}", name=name, platform="demo")
        stores.stream_writer.put_stream(replace(stream, stream_id=f"s{number}", host=host, title=f"{name}的直播间"))
    stores.stream_writer.add_passages(passages)
    yield stores
    stores.close()


@pytest.fixture
def app(desk_store: Stores, data_dir: Path) -> Any:
    """The app, with logins by password."""
    return create_app(
        desk_store,
        data_dir,
        class_names=CLASS_NAMES,
        laws=StatuteTexts.read(LAWS_FILE),
        access=Access(auth=Auth.LOCAL),
    )


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    with served(app) as url:
        yield url


@pytest.fixture
def people(desk_store: Stores) -> dict[str, Person]:
    """Somebody of every role, and a second reviewer, by login; no password is hashed for them, which takes long."""
    roles = {
        "anna": Role.REVIEWER,
        "bo": Role.REVIEWER,
        "chen": Role.SENIOR,
        "dora": Role.AUDITOR,
        "eve": Role.ADMIN,
    }
    return {login: known(desk_store, login, role).person for login, role in roles.items()}


@pytest.fixture
def complaints() -> list[str]:
    """What the browsers complained about, refusals apart; checked at the end of every test."""
    return []


@pytest.fixture
def sit(
    browser: Browser, address: str, desk_store: Stores, people: dict[str, Person], complaints: list[str]
) -> Iterator[Sit]:
    """Opens a page in a browser of its own, logged in as this person.

    `handled`: by address, what comes between the page and the server; in a page that is open already, what it asks at
    once would pass by.
    """
    contexts = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED_COMPLAINTS):
            complaints.append(message.text)

    def take_seat(login: str = "anna", path: str = "/", handled: Mapping[str, Handle] | None = None) -> Page:
        context = browser.new_context(viewport=LAPTOP)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for asked, handle in (handled or {}).items():
            page.route(asked, handle)
        log_in(page, address, desk_store, login)
        page.goto(f"{address}{path}")
        return page

    yield take_seat
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def add_cases(desk_store: Stores, make_finding: MakeFinding) -> Callable[..., list[Case]]:
    """Adds so many cases of the host 小岚, each of another claimed value; gives them in the queue's order."""

    def add(count: int, **changes: Any) -> list[Case]:
        desk_store.stream_writer.add_findings(
            make_finding(finding_id=f"f_{number}", claimed=f"{number} W", quote=f"总功率可以做到{number}瓦", **changes)
            for number in range(count)
        )
        return list(desk_store.cases.queue(CaseQuery(limit=200)).cases)

    return add

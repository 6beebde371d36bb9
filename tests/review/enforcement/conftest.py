"""A store whose cases are decided at once, the published table, and a clock that a test sets."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from claims.law.texts import StatuteTexts
from claims.types import Finding
from review.accounts.types import Person
from review.db.engine import open_engine
from review.enforcement.legal_reference import LegalReference
from review.enforcement.penalty_table import DAY_MS, Measures, read_measures, read_retention
from review.enforcement.retention import RetentionStore
from review.enforcement.store import EnforcementSetup
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from review.streams.types import Host, StreamRecord
from tests.review.enforcement.drawing import Sit
from tests.review.enforcement.people import ROLES, Clock, confirm, let_in
from tests.review.server.pages.conftest import LAWS_FILE
from tests.review.server.pages.seats import CLASS_NAMES
from tests.review.serving import served

CONFIGS = Path(__file__).parents[3] / "configs" / "enforcement"


@pytest.fixture(scope="session")
def table() -> Measures:
    return read_measures(CONFIGS)


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where recordings are made that tests copy."""
    return tmp_path_factory.mktemp("recordings")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def enforcement_setup(table: Measures, tmp_path: Path) -> EnforcementSetup:
    reference = LegalReference(classes=CLASS_NAMES, laws=StatuteTexts.read(LAWS_FILE))
    return EnforcementSetup(
        measures=table, retention=read_retention(CONFIGS), data_dir=tmp_path / "data", reference=reference
    )


@pytest.fixture
def desk(
    database_url: str, stream: StreamRecord, clock: Clock, enforcement_setup: EnforcementSetup
) -> Iterator[Stores]:
    """Streams s1 of host h1 and s2 of host h2."""
    stores = Stores.over(open_engine(database_url), now=clock, second_share=0.0, enforcement=enforcement_setup)
    stores.stream_writer.put_stream(stream)
    stores.stream_writer.put_stream(replace(stream, stream_id="s2", host=Host(id="h2", name="阿强", platform="demo")))
    yield stores
    stores.close()


@pytest.fixture
def retention(
    desk: Stores, database_url: str, clock: Clock, enforcement_setup: EnforcementSetup
) -> Iterator[RetentionStore]:
    engine = open_engine(database_url)
    yield RetentionStore(engine, clock, enforcement_setup)
    engine.dispose()


@pytest.fixture
def confirmed(desk: Stores, make_finding: Callable[..., Finding], clock: Clock) -> str:
    """A confirmed case of host h1 that cites 广告法 28(2)(2), a day old."""
    case_id = confirm(desk, make_finding())
    clock.wait(DAY_MS)
    return case_id


@pytest.fixture
def staff(desk: Stores) -> dict[str, Person]:
    """Somebody of every role by login, and two more seniors."""
    return {login: let_in(desk.people, login).person for login in ROLES}


@pytest.fixture
def office(desk: Stores, enforcement_setup: EnforcementSetup, staff: dict[str, Person]) -> Iterator[str]:
    """The address of a running server over the store, with logins by password."""
    app = create_app(
        desk,
        enforcement_setup.data_dir,
        class_names=CLASS_NAMES,
        laws=StatuteTexts.read(LAWS_FILE),
        access=Access(auth=Auth.LOCAL),
    )
    with served(app) as url:
        yield url


@pytest.fixture
def as_person(office: str, desk: Stores) -> Iterator[Callable[[str], httpx.Client]]:
    """A client with the session of this person."""
    with ExitStack() as stack:

        def open_client(login: str) -> httpx.Client:
            held = let_in(desk.people, login)
            headers = {"X-CSRF-Token": held.csrf}
            client = httpx.Client(base_url=office, timeout=60, cookies={"zhenyan": held.token}, headers=headers)
            return stack.enter_context(client)

        yield open_client


@pytest.fixture
def sit(browser: Browser, office: str, desk: Stores) -> Iterator[Sit]:
    """A page in a browser of its own, logged in as this person; None: nobody, as a host is. No page may complain."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            complaints.append(message.text)

    def take_seat(login: str | None) -> Page:
        context = browser.new_context(viewport={"width": 1366, "height": 900})
        contexts.append(context)
        if login is not None:
            token = let_in(desk.people, login).token
            context.add_cookies([{"name": "zhenyan", "value": token, "url": office}])
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield take_seat
    for context in contexts:
        context.close()
    assert complaints == []

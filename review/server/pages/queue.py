"""The queue: which cases wait, why each stands where it does, and for how long."""

from dataclasses import dataclass, replace
from typing import Annotated, Literal, get_args
from urllib.parse import urlencode

from fastapi import Query
from markupsafe import Markup

from review.accounts.types import Person
from review.cases.priority import target_ms
from review.cases.queries import CaseQuery
from review.cases.types import FINAL, WAITING, Case, CaseState
from review.server.pages.desk import Desk, Viewer
from review.stores import Stores

_PAGE = 50
_MOST = 500
_MINUTE_MS = 60_000
Shown = Literal[
    "mine_to_decide",
    "given",
    "waiting",
    "open",
    "second_review",
    "senior_review",
    "put_off",
    "proof",
    "confirmed",
    "cleared",
    "any",
]
# Those whose cases wait for a person, in whatever state.
_WAITS = frozenset({"mine_to_decide", "given", "waiting", "put_off"})
_COUNTED = 1000
SHOWN: tuple[Shown, ...] = get_args(Shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """What the queue shows; empty: not asked about. `held`: only what the viewer is working on. `queue`: its id."""

    state: Shown = "mine_to_decide"
    queue: str = ""
    text: str = ""
    class_id: str = ""
    host: str = ""
    stream: str = ""
    product: str = ""
    platform: str = ""
    severity: str = ""
    held: bool = False
    limit: int = _PAGE

    def query(self, person: Person, now_ms: int) -> CaseQuery:
        """The same as a question to the store, but for the named queue."""
        waits = self.state in _WAITS
        is_own = self.state in {"mine_to_decide", "given"}
        return CaseQuery(
            states=() if self.state == "any" else WAITING if waits else (CaseState(self.state),),
            text=self.text,
            class_id=self.class_id or None,
            host_id=self.host or None,
            stream_id=self.stream or None,
            product_id=self.product or None,
            platform=self.platform or None,
            severity=self.severity or None,
            claimed_by=person.id if self.held else None,
            decidable_by=person if is_own else None,
            given_to=person.id if self.state == "given" else None,
            at_ms=now_ms if is_own or self.state == "put_off" else None,
            put_aside=self.state == "put_off",
            tenants=person.tenants,
            limit=self.limit,
        )

    def terms(self, **more: str | int | None) -> dict[str, str | int]:
        """What stands in an address for this filter, and what else is given."""
        given: dict[str, str | int | None] = {
            "state": self.state,
            "queue": self.queue,
            "q": self.text,
            "class": self.class_id,
            "host": self.host,
            "stream": self.stream,
            "product": self.product,
            "platform": self.platform,
            "severity": self.severity,
            "held": "1" if self.held else "",
            "limit": self.limit,
            **more,
        }
        defaults = {"state": default_state(self.text), "limit": _PAGE}
        return {key: value for key, value in given.items() if value not in {None, "", defaults.get(key)}}

    def url(self, path: str, **more: str | int | None) -> str:
        """This path with the filter, and what else is given, as its query."""
        terms = self.terms(**more)
        return f"{path}?{urlencode(terms)}" if terms else path

    @property
    def kept(self) -> str:
        """What the next visit begins with: where one works, not what one looked for."""
        worked = replace(self, text="", host="", stream="", product="", platform="", held=False, limit=_PAGE)
        return urlencode(worked.terms()) if not self.text else ""

    @property
    def narrowed(self) -> bool:
        """Whether one of the less used terms is set."""
        return bool(self.host or self.stream or self.product or self.platform or self.severity or self.held)


def default_state(text: str) -> Shown:
    """What is shown where nothing is said of it: one's own work, but who looks for something looks everywhere."""
    return "any" if text else "mine_to_decide"


Term = Annotated[str, Query(max_length=200)]


def read_filter(
    state: Shown | None = None,
    text: Annotated[str, Query(alias="q", max_length=200)] = "",
    queue: Annotated[str, Query(max_length=36)] = "",
    class_id: Annotated[str, Query(alias="class", max_length=60)] = "",
    host: Term = "",
    stream: Term = "",
    product: Term = "",
    platform: Term = "",
    severity: Term = "",
    held: Annotated[str, Query(max_length=1)] = "",
    limit: Annotated[int, Query(ge=1, le=_MOST)] = _PAGE,
) -> QueueFilter:
    """The filter in a request's query."""
    return QueueFilter(
        state=state or default_state(text.strip()),
        queue=queue,
        text=text.strip(),
        class_id=class_id,
        host=host.strip(),
        stream=stream.strip(),
        product=product.strip(),
        platform=platform.strip(),
        severity=severity,
        held=bool(held),
        limit=limit,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A case of the queue. `waited_ms` None: it waits no longer. `holder`: who else is working on it.

    `on_air`: one of its broadcasts goes on, so that it is late the sooner.
    """

    case: Case
    waited_ms: int | None
    late: bool
    on_air: bool
    holder: str | None


class QueuePart:
    """The left column."""

    def __init__(self, desk: Desk, stores: Stores) -> None:
        self._desk = desk
        self._stores = stores

    def query(self, shown: QueueFilter, person: Person) -> CaseQuery:
        """What the filter asks for, the named queue among it; UnknownQueueError where that is for others."""
        query = shown.query(person, self._stores.cases.now_ms())
        return query if not shown.queue else self._stores.queues.queue(shown.queue, person).narrows(query)

    def first(self, shown: QueueFilter, person: Person) -> str | None:
        """The most pressing case that nobody else works on."""
        now_ms = self._stores.cases.now_ms()
        free = replace(self.query(shown, person), free_at_ms=now_ms, limit=1)
        page = self._stores.cases.queue(free if free.decidable_by else replace(free, limit=_PAGE)).cases
        return next((case.id for case in page if not held_by_other(case, person, now_ms)), None)

    def rows(self, shown: QueueFilter, viewer: Viewer, seen: str | None = None) -> Markup | None:
        """The list; None if `seen` is still its version."""
        now_ms = self._stores.cases.now_ms()
        version = f"{self._stores.cases.change()}-{now_ms // (_MINUTE_MS // 4)}-{shown.limit}"
        if version == seen:
            return None
        query = self.query(shown, viewer.person)
        page = self._stores.cases.queue(query)
        counts = self._stores.cases.counts(query)
        names = self._stores.people.names()
        on_air = self._stores.cases.on_air([case.id for case in page.cases])
        tenants = viewer.person.tenants
        streams = self._stores.streams.newest(owner=tenants) if not page.cases else ()
        waiting = sum(count for state, count in counts.by_state.items() if state in WAITING)
        return self._desk.fill(
            "_queue.html",
            viewer,
            shown=shown,
            version=version,
            counts=counts,
            shown_count=self._stores.cases.length(query, _COUNTED),
            most_counted=_COUNTED,
            by_state={state.value: count for state, count in counts.by_state.items()} | {"waiting": waiting},
            oldest_ms=None if counts.oldest_ms is None else now_ms - counts.oldest_ms,
            more_limit=min(shown.limit + _PAGE, _MOST) if page.next_after and shown.limit < _MOST else None,
            rows=[self._row(case, viewer.person, names, now_ms, case.id in on_air) for case in page.cases],
            stream_count=len(streams),
            coverage=self._stores.streams.coverage(owner=tenants) if not page.cases else None,
        )

    def filters(self, shown: QueueFilter, viewer: Viewer) -> Markup:
        """The form over the list, and the viewer's saved views."""
        return self._desk.fill(
            "_filters.html",
            viewer,
            shown=shown,
            states=SHOWN,
            severities=("critical", "high", "medium"),
            queues=self._stores.queues.of(viewer.person),
            views=self._stores.people.views(viewer.person.id),
        )

    def _row(self, case: Case, person: Person, names: dict[str, str], now_ms: int, on_air: bool) -> Row:
        waited_ms = None if case.state in FINAL else now_ms - case.opened_at_ms
        other = held_by_other(case, person, now_ms)
        return Row(
            case=case,
            waited_ms=waited_ms,
            late=waited_ms is not None and waited_ms > target_ms(case.severity, on_air=on_air),
            on_air=on_air,
            holder=names.get(case.claimed_by or "", case.claimed_by) if other else None,
        )


def held_by_other(case: Case, person: Person, now_ms: int) -> bool:
    """Whether somebody else is working on the case at this moment."""
    return case.claimed_by not in {None, person.id} and (case.claimed_until_ms or 0) > now_ms

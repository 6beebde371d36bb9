"""All findings, notes among them: to search and to look at, one by one."""

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import Query
from markupsafe import Markup

from claims.types import Disposition
from review.accounts.types import Person
from review.cases.store import CaseStore
from review.presentation.findings import finding_view
from review.server.pages.case import CasePart
from review.server.pages.desk import Desk, Viewer
from review.stream_store.queries import StreamQueries
from review.streams.types import FindingQuery, StreamRecord

Show = Literal["flag", "note", "all"]
_PAGE = 100
_OFFERED = 200
_MOST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingFilter:
    """What the list shows; `stream` None: all streams."""

    stream: str | None = None
    show: Show = "all"
    class_id: str = ""
    limit: int = _PAGE

    def query(self, person: Person) -> FindingQuery:
        """The same as this person's question to the store."""
        return FindingQuery(
            stream_id=self.stream,
            class_id=self.class_id or None,
            disposition=None if self.show == "all" else Disposition(self.show),
            tenants=person.tenants,
            limit=self.limit,
            newest_first=True,
        )

    def url(self, path: str, **more: str | int | None) -> str:
        """This path with the filter, and what else is given, as its query."""
        given: dict[str, str | int | None] = {
            "stream": self.stream,
            "show": self.show,
            "class": self.class_id,
            "limit": self.limit,
            **more,
        }
        defaults: dict[str, str | int] = {"show": "all", "limit": _PAGE, "class": ""}
        kept = {key: value for key, value in given.items() if value is not None and value != defaults.get(key)}
        return f"{path}?{urlencode(kept)}" if kept else path


def read_finding_filter(
    stream: Annotated[str | None, Query(max_length=200)] = None,
    show: Show = "all",
    class_id: Annotated[str, Query(alias="class", max_length=60)] = "",
    limit: Annotated[int, Query(ge=1, le=_MOST)] = _PAGE,
) -> FindingFilter:
    """The filter in a request's query; an empty `stream` means all."""
    return FindingFilter(stream=stream or None, show=show, class_id=class_id, limit=limit)


class FindingsPart:
    """The page of all findings."""

    def __init__(self, desk: Desk, streams: StreamQueries, case_store: CaseStore, cases: CasePart) -> None:
        self._desk = desk
        self._streams = streams
        self._case_store = case_store
        self._cases = cases

    def page(self, shown: FindingFilter, finding_id: str | None, viewer: Viewer) -> Markup:
        """The whole page."""
        return self._desk.fill(
            "findings.html",
            viewer,
            shown=shown,
            streams=self._offered(shown, viewer),
            selected=finding_id,
            summary=self.summary(shown, viewer),
            rows=self.rows(shown, viewer),
            detail=None if finding_id is None else self.detail(finding_id, viewer),
        )

    def rows(self, shown: FindingFilter, viewer: Viewer, seen: str | None = None) -> Markup | None:
        """The list; None if `seen` is still its version."""
        query = shown.query(viewer.person)
        version = f"{self._streams.findings_version(query)}-{shown.limit}"
        if version == seen:
            return None
        page = self._streams.findings(query)
        streams = self._streams.by_ids(stored.finding.stream_id for stored in page.findings)
        laws = self._desk.glossary.laws
        return self._desk.fill(
            "_findings.html",
            viewer,
            shown=shown,
            version=version,
            more_limit=min(shown.limit + _PAGE, _MOST) if page.more and shown.limit < _MOST else None,
            rows=[finding_view(stored, streams[stored.finding.stream_id], laws) for stored in page.findings],
        )

    def summary(self, shown: FindingFilter, viewer: Viewer, seen: str | None = None) -> Markup | None:
        """State, coverage and counts; None if `seen` is still its version."""
        return self._desk.versioned(
            "_summary.html",
            viewer,
            seen,
            shown=shown,
            stream=None if shown.stream is None else self._streams.stream_now(shown.stream),
            coverage=self._streams.coverage(shown.stream, viewer.person.tenants),
            tally=self._streams.tally(shown.stream, viewer.person.tenants),
        )

    def _offered(self, shown: FindingFilter, viewer: Viewer) -> list[StreamRecord]:
        """The latest broadcasts, and the one that is shown."""
        latest = list(self._streams.newest(_OFFERED, viewer.person.tenants))
        if shown.stream is not None and all(stream.stream_id != shown.stream for stream in latest):
            latest.append(self._streams.stream(shown.stream))
        return latest

    def detail(self, finding_id: str, viewer: Viewer) -> Markup:
        """The clip, the words around it and the claim card; nothing is decided here."""
        player, context, card = self._cases.apart(finding_id, viewer)
        return self._desk.fill(
            "_finding.html",
            viewer,
            finding_id=finding_id,
            case_id=self._case_store.case_of(finding_id),
            player=player,
            context=context,
            card=card,
        )

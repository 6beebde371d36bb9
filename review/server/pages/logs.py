"""The pages of the audit trail and of decisions: by who, what, which case and when; as a table, and as CSV."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from review.accounts.store import PeopleStore
from review.accounts.types import Person, Role
from review.analytics.figures import guarded_cell
from review.analytics.statistics import midnight_ms
from review.audit.chain import AuditEntry
from review.audit.search import TrailQuery
from review.cases.decision_log import Logged, LogQuery
from review.cases.store import CaseStore
from review.cases.types import Choice
from review.enforcement.notice_pages import shown_time
from review.presentation.language import Words
from review.server.api.cursor import read_cursor, read_time_and_id, write_cursor
from review.server.auth.guard import allow
from review.server.language import page_answer
from review.server.pages.desk import Desk, Seeing, Viewer, case_url
from review.server.routers import new_router
from review.stores import Stores

OVERSEERS = (Role.SENIOR, Role.ADMIN, Role.AUDITOR)
_PAGE = 100
_MOST_EXPORTED = 100_000
_NUMBER = re.compile(r"(?:ZY-?|#)?0*(\d{1,12})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """What stands in the form over a log; empty: not asked about. `first` and `last`: days in China, both included."""

    who: str = ""
    what: str = ""
    case: str = ""
    class_id: str = ""
    first: date | None = None
    last: date | None = None

    def url(self, path: str, **more: str) -> str:
        """This path with the filter, and what else is given, as its query."""
        given = {"who": self.who, "what": self.what, "case": self.case, "class": self.class_id}
        given |= {"first": str(self.first or ""), "last": str(self.last or ""), **more}
        terms = {name: value for name, value in given.items() if value}
        return f"{path}?{urlencode(terms)}" if terms else path

    @property
    def number(self) -> int | None:
        """The number of the case that is named; None: it is none."""
        found = _NUMBER.fullmatch(self.case)
        return None if found is None else int(found[1])

    @property
    def span_ms(self) -> tuple[int | None, int | None]:
        """From the first day's midnight to that after the last (Unix time)."""
        begin = None if self.first is None else midnight_ms(self.first)
        return begin, None if self.last is None else midnight_ms(self.last + timedelta(days=1))


Day = Annotated[str, Query(max_length=10, pattern=r"^(\d{4}-\d{2}-\d{2})?$")]


def read_log_filter(
    who: Annotated[str, Query(max_length=200)] = "",
    what: Annotated[str, Query(max_length=60)] = "",
    case: Annotated[str, Query(max_length=300)] = "",
    class_id: Annotated[str, Query(alias="class", max_length=60)] = "",
    first: Day = "",
    last: Day = "",
) -> LogFilter:
    """The filter in a request's query; a day that there is not counts as none."""
    return LogFilter(
        who=who.strip(),
        what=what.strip(),
        case=case.strip(),
        class_id=class_id,
        first=_day(first),
        last=_day(last),
    )


Given = Annotated[LogFilter, Depends(read_log_filter)]


def logs_router(stores: Stores, desk: Desk) -> APIRouter:
    """The routes of both logs."""
    router = new_router(
        default_response_class=HTMLResponse, include_in_schema=False, dependencies=[Depends(allow(*OVERSEERS))]
    )

    def page(request: Request, template: str, viewer: Viewer, **values: object) -> Response:
        return page_answer(request, desk.fill(template, viewer, names=stores.people.names(), **values))

    @router.get("/audit")
    def get_audit(
        request: Request, viewer: Seeing, given: Given, after: Annotated[str | None, Query(max_length=200)] = None
    ) -> Response:
        place = read_cursor(after, int)
        query = _trail_query(stores.people, stores.cases, given, None if place is None else int(place[0]))
        found = stores.audit.find(query)
        shown = found[:_PAGE]
        more = given.url("/audit", after=write_cursor(shown[-1].sequence)) if len(found) > _PAGE else None
        return page(
            request,
            "logs/audit.html",
            viewer,
            given=given,
            entries=shown,
            more=more,
            actions=_families(stores.audit.actions()),
            url_of=_subject_url,
        )

    @router.get("/audit.csv")
    def get_audit_csv(viewer: Seeing, given: Given) -> Response:
        """The entries that the filter finds, at most 100 000, the latest first."""
        names = stores.people.names()
        heads = ("sequence", "time", "actor", "name", "action", "subject", "details", "sha256")
        rows = (
            _trail_row(one, names)
            for one in stores.audit.each(_trail_query(stores.people, stores.cases, given, None), _MOST_EXPORTED)
        )
        return _csv("zhenyan-audit", heads, rows)

    @router.get("/decisions")
    def get_decisions(
        request: Request, viewer: Seeing, given: Given, after: Annotated[str | None, Query(max_length=200)] = None
    ) -> Response:
        query = _log_query(stores.people, given, viewer.person, read_time_and_id(after))
        found = stores.cases.decision_log(query)
        shown = found[:_PAGE]
        more = None
        if len(found) > _PAGE:
            last = shown[-1].decision
            more = given.url("/decisions", after=write_cursor(last.decided_at_ms, last.id))
        return page(request, "logs/decisions.html", viewer, given=given, logged=shown, more=more, choices=tuple(Choice))

    @router.get("/decisions.csv")
    def get_decisions_csv(viewer: Seeing, given: Given) -> Response:
        """The decisions that the filter finds, at most 100 000, the latest first."""
        names, words = stores.people.names(), Words(viewer.language)
        heads = ("time", "case", "class", "host", "quote", "person", "choice", "reason", "note", "before", "after")
        query = _log_query(stores.people, given, viewer.person, None)
        rows = (_decision_row(one, names, words) for one in stores.cases.each_decision(query, _MOST_EXPORTED))
        return _csv("zhenyan-decisions", (*heads, "taken_back", "rule", "policy"), rows)

    return router


def _trail_query(people: PeopleStore, cases: CaseStore, given: LogFilter, before: int | None) -> TrailQuery:
    from_ms, to_ms = given.span_ms
    subjects: Sequence[str] | None = None
    if given.case:
        case_id = None if given.number is None else cases.numbered(given.number)
        subjects = [given.case, f"case:{given.case}", *([f"case:{case_id}"] if case_id else [])]
    return TrailQuery(
        actors=_people(people, given.who),
        action=given.what,
        subjects=subjects,
        from_ms=from_ms,
        to_ms=to_ms,
        before=before,
        limit=_PAGE + 1,
    )


def _log_query(people: PeopleStore, given: LogFilter, person: Person, after: tuple[int, str] | None) -> LogQuery:
    from_ms, to_ms = given.span_ms
    choice = given.what if given.what in set(Choice) else None
    # A case that is named by what is no number is none of these.
    number = -1 if given.case and given.number is None else given.number
    return LogQuery(
        persons=_people(people, given.who),
        choice=None if choice is None else Choice(choice),
        class_id=given.class_id,
        number=number,
        from_ms=from_ms,
        to_ms=to_ms,
        owner=person.tenants,
        after=after,
        limit=_PAGE + 1,
    )


def _people(people: PeopleStore, who: str) -> frozenset[str] | None:
    """The ids of those whose name or id is or holds this; None: nobody is asked about."""
    if not who:
        return None
    found = {id_ for id_, name in people.names().items() if who.lower() in name.lower()}
    return frozenset({*found, who})


def _families(actions: Iterable[str]) -> list[str]:
    """Each family of actions (`case.`) before its members."""
    found: list[str] = []
    for action in actions:
        family = f"{action.partition('.')[0]}."
        if family not in found and "." in action:
            found.append(family)
        found.append(action)
    return found


def _subject_url(subject: str) -> str | None:
    """The page of what an entry is about; None: it has none."""
    kind, _, id_ = subject.partition(":")
    if kind == "case":
        return case_url(id_)
    terms = {"stream": "/live/{}", "batch": "/batches/{}", "measure": "/measures/{}"}
    return terms[kind].format(urlencode({"": id_})[1:]) if kind in terms and id_ else None


def _trail_row(entry: AuditEntry, names: dict[str, str]) -> tuple[str | int, ...]:
    name = names.get(entry.actor, "")
    at = shown_time(entry.at_ms)
    return entry.sequence, at, entry.actor, name, entry.action, entry.subject, entry.details, entry.sha256


def _decision_row(one: Logged, names: dict[str, str], words: Words) -> tuple[str | int, ...]:
    decision = one.decision
    return (
        shown_time(decision.decided_at_ms),
        one.shown_number,
        one.class_id,
        one.host_name,
        one.quote,
        names.get(decision.person_id, decision.person_id),
        words.term("choice", decision.choice.value),
        words.term("reason", decision.reason),
        decision.note,
        words.term("state", decision.before.value),
        words.term("state", decision.after.value),
        "" if decision.undone_at_ms is None else shown_time(decision.undone_at_ms),
        one.rule,
        one.policy,
    )


def _csv(name: str, heads: Sequence[str], rows: Iterable[Sequence[str | int]]) -> Response:
    """A file that begins with the mark by which spreadsheets know UTF-8, sent as it is read."""

    def lines() -> Iterator[str]:
        yield "\ufeff" + _line(heads)
        for row in rows:
            yield _line([guarded_cell(value) for value in row])

    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)


def _line(cells: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    # So near to the ends of the calendar there is no day before or after.
    return found if found is None or 1970 <= found.year <= 2999 else None

"""The reviewer's desk: the queue that fills by itself, and one finding beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Annotated, Literal
from urllib.parse import quote, urlencode

from fastapi import Query
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from claims.types import Disposition
from review.assets import PAGES_DIR, vendored_scripts
from review.labels import DISPOSITIONS, GAPS, STATES, VERDICTS
from review.store import Store
from review.types import FindingQuery, StreamRecord
from review.views import CONTEXT_MS, clip_view, context_lines, finding_view, stream_clock

Shown = Literal["flag", "note", "all"]
_PAGE = 100
_MOST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFilter:
    """What the queue shows; `stream` None: all streams."""

    stream: str | None
    show: Shown
    limit: int

    def query(self) -> FindingQuery:
        """The same as a question to the store."""
        return FindingQuery(
            stream_id=self.stream,
            disposition=None if self.show == "all" else Disposition(self.show),
            limit=self.limit,
            newest_first=True,
        )

    def url(self, path: str, **more: str | int | None) -> str:
        """This path with the filter, and what else is given, as its query."""
        given: dict[str, str | int | None] = {"stream": self.stream, "show": self.show, "limit": self.limit, **more}
        defaults: dict[str, str | int] = {"show": "flag", "limit": _PAGE}
        kept = {key: value for key, value in given.items() if value is not None and value != defaults.get(key)}
        return f"{path}?{urlencode(kept)}" if kept else path


def read_filter(
    stream: Annotated[str | None, Query(max_length=200)] = None,
    show: Shown = "flag",
    limit: Annotated[int, Query(ge=1, le=_MOST)] = _PAGE,
) -> DeskFilter:
    """The filter in a request's query; an empty `stream` means all."""
    return DeskFilter(stream=stream or None, show=show, limit=limit)


class Desk:
    """Fills the templates; fragments carry a version, so that an unchanged one is answered with 204 and left alone."""

    def __init__(self, store: Store, class_names: Mapping[str, tuple[str, str]]) -> None:
        self._store = store
        self._class_names = class_names
        self._templates = Environment(
            loader=FileSystemLoader(PAGES_DIR),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            clock=stream_clock,
            finding_url=finding_url,
            scripts=vendored_scripts(),
            verdict_labels=VERDICTS,
            disposition_labels=DISPOSITIONS,
            state_labels=STATES,
            gap_labels=GAPS,
        )

    def page(self, shown: DeskFilter, finding_id: str | None, style_nonce: str) -> str:
        """The whole page; without a finding it opens the newest that the filter shows."""
        if finding_id is None:
            newest = self._store.findings(replace(shown.query(), limit=1)).findings
            finding_id = newest[0].finding.finding_id if newest else None
        return self._fill(
            "desk.html",
            shown=shown,
            streams=self._store.streams(),
            style_nonce=style_nonce,
            selected=finding_id,
            summary=self.summary(shown),
            queue=self.queue(shown),
            detail=None if finding_id is None else self.detail(finding_id),
        )

    def queue(self, shown: DeskFilter, seen: str | None = None) -> Markup | None:
        """The list; None if `seen` is still its version."""
        version = self._store.findings_version(shown.query())
        coverage = self._store.coverage(shown.stream) if version.endswith("-0") else None
        if coverage is not None:
            version += f"-{coverage.span_ms}-{coverage.analysed_ms}-{coverage.gap_ms}"
        if version == seen:
            return None
        page = self._store.findings(shown.query())
        if coverage is None and not page.findings:
            coverage = self._store.coverage(shown.stream)
        streams = {stream.stream_id: stream for stream in self._store.streams()}
        return self._fill(
            "_queue.html",
            shown=shown,
            version=version,
            more_limit=min(shown.limit + _PAGE, _MOST) if page.more else None,
            coverage=coverage,
            stream_count=len(streams),
            rows=[
                finding_view(stored, streams[stored.finding.stream_id], self._class_names) for stored in page.findings
            ],
        )

    def summary(self, shown: DeskFilter, seen: str | None = None) -> Markup | None:
        """State, coverage and counts; None if `seen` is still its version."""
        coverage = self._store.coverage(shown.stream)
        return self._versioned(
            "_summary.html",
            seen,
            shown=shown,
            stream=self._one_stream(shown),
            coverage=coverage,
            tally=self._store.tally(shown.stream),
        )

    def detail(self, finding_id: str) -> Markup:
        """The clip, the words around it, and the claim card."""
        return self._fill(
            "_detail.html",
            finding_id=finding_id,
            player=self.player(finding_id),
            context=self.context(finding_id),
            card=self.card(finding_id),
        )

    def player(self, finding_id: str, seen: str | None = None) -> Markup | None:
        """The clip, or a note that it is being cut; None if `seen` is still its version."""
        stored = self._store.finding(finding_id)
        stream = self._store.stream(stored.finding.stream_id)
        view = finding_view(stored, stream, self._class_names)
        return self._versioned("_player.html", seen, view=view, clip=clip_view(stored))

    def context(self, finding_id: str, seen: str | None = None) -> Markup | None:
        """The passages around the finding; None if `seen` is still its version."""
        stored = self._store.finding(finding_id)
        finding = stored.finding
        passages = self._store.passages(
            finding.stream_id, from_ms=max(0, finding.start_ms - CONTEXT_MS), to_ms=finding.end_ms + CONTEXT_MS
        )
        lines = context_lines(finding, passages)
        return self._versioned("_context.html", seen, finding=finding, clip=clip_view(stored), lines=lines)

    def card(self, finding_id: str, seen: str | None = None) -> Markup | None:
        """The claim card; None if `seen` is still its version."""
        stored = self._store.finding(finding_id)
        stream = self._store.stream(stored.finding.stream_id)
        return self._versioned("_card.html", seen, view=finding_view(stored, stream, self._class_names))

    def _one_stream(self, shown: DeskFilter) -> StreamRecord | None:
        return None if shown.stream is None else self._store.stream(shown.stream)

    def _versioned(self, template: str, seen: str | None, **values: object) -> Markup | None:
        version = blake2b(self._fill(template, version="", **values).encode(), digest_size=8).hexdigest()
        return None if version == seen else self._fill(template, version=version, **values)

    def _fill(self, template: str, **values: object) -> Markup:
        return Markup(self._templates.get_template(template).render(**values))


def finding_url(finding_id: str) -> str:
    """The address of a finding's page; the id may hold any character."""
    return f"/findings/{quote(finding_id, safe='')}"

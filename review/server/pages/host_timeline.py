"""What happened with a host, on one line of time: broadcasts, cases, corrections, notices, appeals."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from review.cases.types import Case
from review.enforcement.types import Appeal, HostFile, Measure
from review.stores import Stores
from review.streams.corrections import Correction
from review.streams.types import StreamRecord

_CASES = 50
_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing that happened: `kind` is a text `timeline.KIND`, `text` what it is about, `url` where it stands.

    `state`: the key of a text that says how it stands; empty: there is nothing to say.
    """

    at_ms: int
    kind: str
    text: str
    url: str
    state: str = ""


def timeline(stores: Stores, held: HostFile) -> tuple[Moment, ...]:
    """The latest moments, the newest first."""
    cases = stores.cases.host_cases(held.host_id, _CASES)
    corrections = (one for case in cases for one in stores.corrections.of_case(case.id))
    moments = [
        *_broadcasts(stores.streams.of_host(held.host_id)),
        *_cases(cases),
        *_corrections(corrections),
        *_measures(held.measures),
        *_appeals(held.appeals),
    ]
    return tuple(sorted(moments, key=lambda moment: moment.at_ms, reverse=True)[:_SHOWN])


def _broadcasts(streams: Iterable[StreamRecord]) -> Iterator[Moment]:
    for stream in streams:
        if stream.started_at is not None:
            yield Moment(
                at_ms=int(stream.started_at.timestamp() * 1000),
                kind="broadcast",
                text=stream.title,
                url=f"/findings?stream={stream.stream_id}",
                state=f"stream.{stream.state.value}",
            )


def _cases(cases: Iterable[Case]) -> Iterator[Moment]:
    for case in cases:
        text = f"{case.shown_number} {case.quote}"
        yield Moment(
            at_ms=case.opened_at_ms, kind="case", text=text, url=f"/cases/{case.id}", state=f"state.{case.state.value}"
        )


def _corrections(corrections: Iterable[Correction]) -> Iterator[Moment]:
    for one in corrections:
        text = f"{one.original} → {one.corrected}"
        yield Moment(at_ms=one.corrected_at_ms, kind="correction", text=text, url=f"/cases/{one.case_id}")


def _measures(measures: Iterable[Measure]) -> Iterator[Moment]:
    for measure in measures:
        url, state = f"/measures/{measure.id}", f"measure.{measure.kind.value}"
        yield Moment(at_ms=measure.proposed_at_ms, kind="proposed", text="", url=url, state=state)
        if measure.approved_at_ms is not None:
            yield Moment(at_ms=measure.approved_at_ms, kind="notice", text="", url=url, state=state)
        if measure.closed_at_ms is not None:
            yield Moment(at_ms=measure.closed_at_ms, kind="closed", text="", url=url, state=state)


def _appeals(appeals: Iterable[Appeal]) -> Iterator[Moment]:
    for appeal in appeals:
        url = f"/appeals/{appeal.id}"
        yield Moment(at_ms=appeal.filed_at_ms, kind="appeal", text=appeal.statement[:80], url=url)
        if appeal.decided_at_ms is not None:
            state = f"appeal_state.{appeal.state.value}"
            yield Moment(at_ms=appeal.decided_at_ms, kind="appeal_decided", text="", url=url, state=state)

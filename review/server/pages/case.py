"""One case: its clip and words, the claim card, and where a person decides."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from claims.types import Passage
from review.accounts.types import Person, Role
from review.cases.blind import withholds_score
from review.cases.decisions import REASONS
from review.cases.state import UNDO_MS, after_reopening, barred, visible_decisions
from review.cases.types import FINAL, WAITING, Case, CaseState, Choice
from review.errors import DecisionRefused, UnknownFindingError
from review.presentation.findings import CONTEXT_MS, clip_view, context_lines, context_rows, finding_view
from review.server.auth.guard import DECIDERS
from review.server.pages.desk import Desk, Viewer
from review.server.pages.queue import held_by_other
from review.stores import Stores
from review.streams.corrections import Correction
from review.streams.types import StoredFinding, StreamRecord

_SHOWN_BESIDE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One of the case's findings, as a place to jump to."""

    stored: StoredFinding
    stream_title: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What the parts that show one finding are filled from, read once.

    `passages`: those around it. `corrections`: of these and of its own. `names`: of people, by id.
    """

    stored: StoredFinding
    stream: StreamRecord
    passages: tuple[Passage, ...]
    corrections: tuple[Correction, ...]
    names: dict[str, str]

    def within(self, start_ms: int, end_ms: int) -> tuple[Passage, ...]:
        """The passages of this stretch."""
        return tuple(one for one in self.passages if one.end_ms >= start_ms and one.start_ms < end_ms)

    def corrected(self, passage_ids: Collection[str]) -> tuple[Correction, ...]:
        """The corrections of these passages."""
        return tuple(one for one in self.corrections if one.passage_id in passage_ids)


class CasePart:
    """The middle and the right column."""

    def __init__(self, desk: Desk, stores: Stores) -> None:
        self._desk = desk
        self._stores = stores

    def detail(self, case_id: str, viewer: Viewer, hit: str | None = None) -> Markup:
        """The case; `hit` names the finding that is played, else the weightiest is."""
        case = self._stores.cases.case(case_id)
        played = self._played(hit or case.top_finding_id)
        alike = self._stores.cases.same_script(case_id, viewer.person.tenants)
        return self._desk.fill(
            "_detail.html",
            viewer,
            case=case,
            watch=self._watch(case, played, alike, viewer),
            card=self._card(case, played, viewer),
            decide=self._decide(case, played.names, alike, viewer),
        )

    def hit(self, case_id: str, finding_id: str, viewer: Viewer) -> Markup:
        """Another finding of the same case, to take the place of the one that is shown."""
        case = self._stores.cases.case(case_id)
        played = self._played(finding_id)
        alike = self._stores.cases.same_script(case_id, viewer.person.tenants)
        watch = self._watch(case, played, alike, viewer)
        return self._desk.fill("_hit.html", viewer, watch=watch, card=self._card(case, played, viewer))

    def player(self, finding_id: str, viewer: Viewer, seen: str | None = None) -> Markup | None:
        """The clip, or a note that it is being cut; None if `seen` is still its version."""
        return self._player(self._played(finding_id), viewer, seen)

    def context(self, finding_id: str, viewer: Viewer, seen: str | None = None) -> Markup | None:
        """The passages around the finding; None if `seen` is still its version."""
        return self._context(self._played(finding_id), viewer, seen)

    def card(self, case_id: str | None, finding_id: str, viewer: Viewer, seen: str | None = None) -> Markup | None:
        """The claim card; `case_id` None: the finding is looked at by itself. None if `seen` is still its version."""
        case = None if case_id is None else self._stores.cases.case(case_id)
        return self._card(case, self._played(finding_id), viewer, seen)

    def apart(self, finding_id: str, viewer: Viewer) -> tuple[Markup | None, Markup | None, Markup | None]:
        """Player, context and card of a finding that is looked at by itself."""
        played = self._played(finding_id)
        return self._player(played, viewer), self._context(played, viewer), self._card(None, played, viewer)

    def _played(self, finding_id: str) -> Played:
        stored = self._stores.streams.finding(finding_id)
        finding = stored.finding
        passages = self._stores.streams.passages(
            finding.stream_id, from_ms=max(0, finding.start_ms - CONTEXT_MS), to_ms=finding.end_ms + CONTEXT_MS
        )
        passage_ids = sorted({*finding.passage_ids, *(passage.id for passage in passages)})
        return Played(
            stored=stored,
            stream=self._stores.streams.stream(finding.stream_id),
            passages=passages,
            corrections=self._stores.corrections.of_passages(finding.stream_id, passage_ids),
            names=self._stores.people.names(),
        )

    def _watch(self, case: Case, played: Played, alike: Sequence[Case], viewer: Viewer) -> Markup:
        """Clip, words, and what else is known of the host, the script and the broadcast."""
        chosen = played.stored.finding.finding_id
        gone = self._stores.corrections.superseded(case.id)
        listed = (
            *self._stores.cases.findings(case.id),
            *(self._stores.streams.finding(one.finding.finding_id) for one in gone),
        )
        if all(stored.finding.finding_id != chosen for stored in listed):
            # Of many findings only the latest are listed; the one that is asked for is shown all the same.
            if self._stores.cases.case_of(chosen) != case.id:
                raise UnknownFindingError(chosen)
            listed = (*listed, played.stored)
        findings = sorted(
            listed,
            key=lambda each: (
                each.finding.superseded_by is not None,
                each.finding.stream_id,
                each.finding.start_ms,
            ),
        )
        streams = self._stores.streams.by_ids(stored.finding.stream_id for stored in findings)
        cases = self._stores.cases
        tally = cases.host_tally(case.host_id, without=case.id)
        others = [each for each in cases.host_cases(case.host_id, _SHOWN_BESIDE + 1) if each.id != case.id]
        return self._desk.fill(
            "_watch.html",
            viewer,
            case=case,
            hits=[
                Hit(
                    stored=each,
                    stream_title=streams[each.finding.stream_id].title,
                    chosen=each.finding.finding_id == chosen,
                )
                for each in findings
            ],
            finding_id=chosen,
            player=self._player(played, viewer),
            context=self._context(played, viewer),
            corrects=viewer.person.role in DECIDERS,
            host_cases=others[:_SHOWN_BESIDE],
            host_count=sum(tally.values()),
            host_confirmed=tally.get(CaseState.CONFIRMED, 0),
            similar=alike,
            coverage=self._stores.streams.coverage(played.stream.stream_id),
        )

    def _player(self, played: Played, viewer: Viewer, seen: str | None = None) -> Markup | None:
        finding = played.stored.finding
        view = finding_view(played.stored, played.stream, self._desk.glossary.laws)
        clip = clip_view(played.stored, played.within(finding.start_ms, finding.end_ms))
        return self._desk.versioned("_player.html", viewer, seen, view=view, clip=clip)

    def _context(self, played: Played, viewer: Viewer, seen: str | None = None) -> Markup | None:
        finding = played.stored.finding
        corrections = played.corrected({passage.id for passage in played.passages})
        return self._desk.versioned(
            "_context.html",
            viewer,
            seen,
            finding=finding,
            clip=clip_view(played.stored),
            rows=context_rows(context_lines(finding, played.passages, corrections)),
            names=played.names,
        )

    def _card(self, case: Case | None, played: Played, viewer: Viewer, seen: str | None = None) -> Markup | None:
        return self._desk.versioned(
            "_card.html",
            viewer,
            seen,
            view=finding_view(played.stored, played.stream, self._desk.glossary.laws),
            case=case,
            withheld=case is not None and case.state not in FINAL and withholds_score(case.key),
            corrections=played.corrected(set(played.stored.finding.passage_ids)),
            product_names={product.product_id: product.name for product in played.stream.products},
            names=played.names,
        )

    def _decide(self, case: Case, names: dict[str, str], alike: Sequence[Case], viewer: Viewer) -> Markup:
        """Where the person decides, or why they can't; each time with an id by which a second send is known."""
        now_ms = self._stores.cases.now_ms()
        past = self._stores.cases.decisions(case.id)
        held = held_by_other(case, viewer.person, now_ms)
        similar = [each for each in alike if each.state is CaseState.OPEN]
        return self._desk.fill(
            "_decide.html",
            viewer,
            case=case,
            request_id=str(uuid.uuid4()),
            choices=[(choice, REASONS[choice], barred(case, past, viewer.person, choice)) for choice in Choice],
            barred=barred(case, past, viewer.person),
            duty=self._stores.duties.of(case.id),
            holder=names.get(case.claimed_by or "", case.claimed_by) if held else None,
            lease_ms=max(0, (case.claimed_until_ms or now_ms) - now_ms),
            takes_claim=viewer.person.role is not Role.AUDITOR and case.state not in FINAL,
            reopens=_reopens(case, viewer.person),
            proposes=viewer.person.role in DECIDERS,
            decisions=visible_decisions(case, past),
            blind=case.state is CaseState.SECOND_REVIEW,
            names=names | {viewer.person.id: viewer.person.name},
            similar=[each for each in similar if not held_by_other(each, viewer.person, now_ms)],
            undo_ms=UNDO_MS,
            waits=case.state in WAITING,
        )


def _reopens(case: Case, person: Person) -> bool:
    try:
        after_reopening(case, person)
    except DecisionRefused:
        return False
    return True

"""One case: its clip and words, the claim card, and where a person decides."""

import uuid
from dataclasses import dataclass

from markupsafe import Markup

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
from review.store import Store
from review.streams.types import StoredFinding

_SHOWN_BESIDE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One of the case's findings, as a place to jump to."""

    stored: StoredFinding
    stream_title: str
    chosen: bool


class CasePart:
    """The middle and the right column."""

    def __init__(self, desk: Desk, store: Store) -> None:
        self._desk = desk
        self._store = store

    def detail(self, case_id: str, viewer: Viewer, hit: str | None = None) -> Markup:
        """The case; `hit` names the finding that is played, else the weightiest is."""
        case = self._store.cases.case(case_id)
        return self._desk.fill(
            "_detail.html",
            viewer,
            case=case,
            watch=self.watch(case, viewer, hit),
            card=self.card(case_id, hit or case.top_finding_id, viewer),
            decide=self.decide(case, viewer),
        )

    def hit(self, case_id: str, finding_id: str, viewer: Viewer) -> Markup:
        """Another finding of the same case, to take the place of the one that is shown."""
        case = self._store.cases.case(case_id)
        card = self.card(case_id, finding_id, viewer)
        return self._desk.fill("_hit.html", viewer, watch=self.watch(case, viewer, finding_id), card=card)

    def watch(self, case: Case, viewer: Viewer, hit: str | None) -> Markup:
        """Clip, words, and what else is known of the host, the script and the broadcast."""
        chosen = hit or case.top_finding_id
        gone = self._store.corrections.superseded(case.id)
        listed = (
            *self._store.cases.findings(case.id),
            *(self._store.finding(one.finding.finding_id) for one in gone),
        )
        if all(stored.finding.finding_id != chosen for stored in listed):
            # Of many findings only the latest are listed; the one that is asked for is shown all the same.
            if self._store.cases.case_of(chosen) != case.id:
                raise UnknownFindingError(chosen)
            listed = (*listed, self._store.finding(chosen))
        findings = sorted(
            listed,
            key=lambda each: (
                each.finding.superseded_by is not None,
                each.finding.stream_id,
                each.finding.start_ms,
            ),
        )
        streams = self._store.streams_of(stored.finding.stream_id for stored in findings)
        stored = next(each for each in findings if each.finding.finding_id == chosen)
        cases = self._store.cases
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
                    chosen=each is stored,
                )
                for each in findings
            ],
            finding_id=chosen,
            player=self.player(chosen, viewer),
            context=self.context(chosen, viewer),
            corrects=viewer.person.role in DECIDERS,
            host_cases=others[:_SHOWN_BESIDE],
            host_count=sum(tally.values()),
            host_confirmed=tally.get(CaseState.CONFIRMED, 0),
            similar=cases.same_script(case.id, viewer.person.tenants),
            coverage=self._store.coverage(stored.finding.stream_id),
        )

    def player(self, finding_id: str, viewer: Viewer, seen: str | None = None) -> Markup | None:
        """The clip, or a note that it is being cut; None if `seen` is still its version."""
        stored = self._store.finding(finding_id)
        stream = self._store.stream(stored.finding.stream_id)
        finding = stored.finding
        passages = self._store.passages(finding.stream_id, from_ms=finding.start_ms, to_ms=finding.end_ms)
        view = finding_view(stored, stream, self._desk.glossary.laws)
        return self._desk.versioned("_player.html", viewer, seen, view=view, clip=clip_view(stored, passages))

    def context(self, finding_id: str, viewer: Viewer, seen: str | None = None) -> Markup | None:
        """The passages around the finding; None if `seen` is still its version."""
        stored = self._store.finding(finding_id)
        finding = stored.finding
        passages = self._store.passages(
            finding.stream_id, from_ms=max(0, finding.start_ms - CONTEXT_MS), to_ms=finding.end_ms + CONTEXT_MS
        )
        corrections = self._store.corrections.of_passages(finding.stream_id, [passage.id for passage in passages])
        return self._desk.versioned(
            "_context.html",
            viewer,
            seen,
            finding=finding,
            clip=clip_view(stored),
            rows=context_rows(context_lines(finding, passages, corrections)),
            names=self._store.people.names() if corrections else {},
        )

    def card(self, case_id: str | None, finding_id: str, viewer: Viewer, seen: str | None = None) -> Markup | None:
        """The claim card; `case_id` None: the finding is looked at by itself. None if `seen` is still its version."""
        stored = self._store.finding(finding_id)
        stream = self._store.stream(stored.finding.stream_id)
        case = None if case_id is None else self._store.cases.case(case_id)
        view = finding_view(stored, stream, self._desk.glossary.laws)
        corrections = self._store.corrections.of_passages(stream.stream_id, stored.finding.passage_ids)
        return self._desk.versioned(
            "_card.html",
            viewer,
            seen,
            view=view,
            case=case,
            withheld=case is not None and case.state not in FINAL and withholds_score(case.key),
            corrections=corrections,
            product_names={product.product_id: product.name for product in stream.products},
            names=self._store.people.names() if corrections else {},
        )

    def decide(self, case: Case, viewer: Viewer) -> Markup:
        """Where the person decides, or why they can't; each time with an id by which a second send is known."""
        now_ms = self._store.cases.now_ms()
        past = self._store.cases.decisions(case.id)
        names = self._store.people.names()
        held = held_by_other(case, viewer.person, now_ms)
        alike = self._store.cases.same_script(case.id, viewer.person.tenants)
        similar = [each for each in alike if each.state is CaseState.OPEN]
        return self._desk.fill(
            "_decide.html",
            viewer,
            case=case,
            request_id=str(uuid.uuid4()),
            choices=[(choice, REASONS[choice], barred(case, past, viewer.person, choice)) for choice in Choice],
            barred=barred(case, past, viewer.person),
            duty=self._store.duties.of(case.id),
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

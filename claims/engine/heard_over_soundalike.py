"""What was heard is judged as it was heard; what it only sounds like adds a claim, and takes none away.

A recogniser's mistakes are offered other words of their sound. An offer stands where a claim rests on it that the words
as heard do not make, and where the field says the sentence with it more likely than without: 血糖就降下来了 is no
血糖就讲下来了, however often something is 讲下来. Each such claim is judged with the offers it rests on and no others.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from claims.classifier.reading import Reader
from claims.engine.judged import Judged
from claims.engine.merge import merge, same_assertion
from claims.engine.proposals import with_reader
from claims.engine.scene import Scene
from claims.engine.verdict import judge_window
from claims.engine.window import Window, build_window
from claims.policy.policy import Policy
from claims.text.normalise import Edit, Normalised
from claims.types import Passage, ScoreStep

Folded = tuple[Passage, Normalised]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedClaim:
    """A claim, and the scene in which it was judged: its window holds the words as they were heard, or as read."""

    judged: Judged
    scene: Scene

    @property
    def passage(self) -> Passage:
        """The passage in which the claim ends."""
        return self.scene.window.passages_of(self.judged.start, self.judged.end)[-1].passage


@dataclass(frozen=True, slots=True)
class _Offer:
    """An offer of the window's passage `index`."""

    index: int
    edit: Edit


def assess_claims(
    scene: Scene, folded: Sequence[Folded], focus: int, policy: Policy, reader: Reader | None
) -> list[AssessedClaim]:
    """The claims that stand, by place: those of the words as heard in `scene`, then those that rest on a reading.

    `folded`: the passages of the scene's window, with what they are offered.
    """
    heard = merge(judge_scene(scene, policy, reader), policy)
    read = _Rereading(scene, folded, focus, policy, reader)
    return [*(AssessedClaim(judged=one, scene=scene) for one in heard), *read.claims(heard)]


def judge_scene(scene: Scene, policy: Policy, reader: Reader | None) -> list[Judged]:
    """Every claim that ends in the scene's focus, judged by rules, records, contexts and the reader."""
    claims = judge_window(scene, policy, reader.links if reader is not None else None)
    return claims if reader is None else with_reader(scene, policy, reader, claims)


class _Rereading:
    """The scene of a window, and the same with other words in the place of some that were heard."""

    def __init__(
        self, scene: Scene, folded: Sequence[Folded], focus: int, policy: Policy, reader: Reader | None
    ) -> None:
        self._scene, self._folded, self._focus = scene, folded, focus
        self._policy, self._reader = policy, reader
        self._links = reader.links if reader is not None else None
        self._offers = tuple(_Offer(n, edit) for n, (_, normal) in enumerate(folded) for edit in normal.offers)

    def claims(self, heard: Sequence[Judged]) -> list[AssessedClaim]:
        """The claims that rest on offers, and that no claim of the words as heard makes already."""
        standing = [judged for judged in heard if not judged.harmless]
        found: list[AssessedClaim] = []
        for claim in self._resting() if self._offers else ():
            placed = _placed(claim.judged, claim.scene.window, self._scene.window)
            if not any(self._is_made_by(placed, other) for other in standing):
                standing.append(placed)
                found.append(claim)
        return found

    def _resting(self) -> Iterator[AssessedClaim]:
        """What rests on offers that make the sentence likelier, each with those it rests on and no others made."""
        scene = self._with(frozenset(self._offers))
        claims = [
            one for one in merge(judge_scene(scene, self._policy, self._reader), self._policy) if not one.harmless
        ]
        ruled: dict[frozenset[_Offer], list[Judged]] = {}
        for one in sorted(claims, key=lambda one: (-one.score, one.start)):
            if not one.is_proposal:
                ruled.setdefault(self._rests_on(one, scene.window), []).append(one)
        for own, wholly in ruled.items():
            if own and self._is_likelier(own):
                yield from self._ruled(own, wholly)
        for one in claims:
            if one.is_proposal and one.flags:
                yield from self._proposed(one.class_id, self._rests_on(one, scene.window))

    def _ruled(self, own: frozenset[_Offer], wholly: Sequence[Judged]) -> Iterator[AssessedClaim]:
        """What rules recognise with these offers alone made, as far as it was recognised with all of them (`wholly`).

        What else was most likely said may make it weaker: it is no stronger for being heard worse.
        """
        scene = self._with(own)
        for one in merge(judge_window(scene, self._policy, self._links), self._policy):
            same = [other for other in wholly if other.rule_name == one.rule_name]
            if one.harmless or not same or self._rests_on(one, scene.window) != own:
                continue
            yield AssessedClaim(judged=_no_stronger(one, max(same, key=_weight)), scene=scene)

    def _proposed(self, class_id: str, own: frozenset[_Offer]) -> Iterator[AssessedClaim]:
        """The proposal of this class with as few of these offers made as it takes; none where it takes none."""
        claim = None
        for offer in (None, *sorted(own, key=lambda one: (one.index, one.edit.start))):
            fewer = own - {offer}
            scene = self._with(fewer)
            claims = (one for one in judge_scene(scene, self._policy, self._reader) if one.class_id == class_id)
            one = next((c for c in claims if c.is_proposal and c.flags), None)
            if one is not None:
                own, claim = fewer, AssessedClaim(judged=one, scene=scene)
        if claim is not None and own and self._is_likelier(own):
            yield claim

    def _is_likelier(self, own: frozenset[_Offer]) -> bool:
        """True where each passage with these offers made is likelier than as it was heard."""
        pairs = ((self._folded[n][1], _edits(own, n)) for n in {offer.index for offer in own})
        return all(self._policy.texts.is_likelier(heard.edited(edits).text, heard.text) for heard, edits in pairs)

    def _with(self, own: frozenset[_Offer]) -> Scene:
        on = self._scene.at.date()
        read = [
            (passage, self._policy.texts.take(normal, _edits(own, n), on))
            for n, (passage, normal) in enumerate(self._folded)
        ]
        return replace(self._scene, window=build_window(read, self._focus, self._policy))

    def _rests_on(self, judged: Judged, window: Window) -> frozenset[_Offer]:
        """The offers behind the words by which the claim was recognised."""
        behind = {
            (heard.offset, reading.start, reading.end)
            for start, end in judged.spans
            for heard, reading in window.readings_behind(start, end)
        }
        offsets = [heard.offset for heard in window.passages]
        return frozenset(
            offer
            for offer in self._offers
            if (offsets[offer.index], *self._folded[offer.index][1].original_span(offer.edit.start, offer.edit.end))
            in behind
        )

    def _is_made_by(self, judged: Judged, other: Judged) -> bool:
        """True where the other claim says it already, and is not weaker where it counts."""
        return same_assertion(judged, other) and (other.score >= other.flag_at or judged.score < judged.flag_at)


def _weight(judged: Judged) -> tuple[bool, float]:
    return not judged.judgement.note_only, judged.score


def _no_stronger(judged: Judged, other: Judged) -> Judged:
    """The claim, at most as weighty as the other."""
    if other.judgement.note_only:
        judged = replace(judged, judgement=other.judgement)
    if other.score >= judged.score:
        return judged
    step = ScoreStep(step="as the rest was most likely said", value=other.score)
    return replace(judged, steps=(*judged.steps, step), score=other.score)


def _edits(own: frozenset[_Offer], index: int) -> list[Edit]:
    return sorted((offer.edit for offer in own if offer.index == index), key=lambda edit: edit.start)


def _placed(judged: Judged, window: Window, other: Window) -> Judged:
    """The claim as if it stood in the other window, of the same passages read otherwise."""
    start, end = _place(judged.start, window, other), _place(judged.end - 1, window, other) + 1
    return replace(judged, start=start, end=end)


def _place(at: int, window: Window, other: Window) -> int:
    index = bisect_left([heard.end for heard in window.passages], at + 1)
    index = min(index, len(window.passages) - 1)
    heard, there = window.passages[index], other.passages[index]
    source = heard.folded.starts[max(0, min(at - heard.offset, len(heard.folded.text) - 1))]
    return there.offset + bisect_left(there.folded.starts, source)

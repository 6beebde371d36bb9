"""How one sentence is understood, step by step, as data: for people who write policy and for people who doubt it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from claims.engine.conversation import ClaimEngine
from claims.engine.extract import Recognised, category_allows, longest, match_rule
from claims.engine.finding import make_finding, rendered
from claims.engine.heard_over_soundalike import AssessedClaim
from claims.engine.judged import Judged
from claims.engine.scene import Scene
from claims.engine.window import Window
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.products.choice import ProductChoice
from claims.types import Finding, Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredClaim:
    """A judged claim with the record it gives; `stands` is false where a better claim took its place."""

    judged: Judged
    finding: Finding
    stands: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything that was found, tried and decided about one passage, in the order in which it happens.

    `with_values`: the window's text with its figures written out.
    """

    passage: Passage
    window: Window
    with_values: str
    choice: ProductChoice
    recognised: tuple[Recognised, ...]
    scored: tuple[ScoredClaim, ...]


def explain(passage: Passage, engine: ClaimEngine) -> tuple[Explanation, ...]:
    """The steps by which this passage alone, with nothing said before or after, becomes findings.

    It goes through the engine as a passage of a broadcast does; a long one piece by piece, an explanation each.
    """
    explained: list[Explanation] = []

    def note(scene: Scene, judged: Sequence[Judged], assessed: Sequence[AssessedClaim]) -> None:
        explained.append(_explained(passage, engine.policy, scene, judged, assessed))

    conversation = engine.conversation(passage.stream_id, watch=note)
    conversation.hear(passage)
    conversation.flush()
    return tuple(explained)


def _explained(
    passage: Passage, policy: Policy, scene: Scene, judged: Sequence[Judged], assessed: Sequence[AssessedClaim]
) -> Explanation:
    return Explanation(
        passage=passage,
        window=scene.window,
        with_values=rendered(scene.window, 0, len(scene.window.text), policy.wording.texts.symbols),
        choice=scene.choice,
        recognised=tuple(_recognised(scene.window, scene.choice.passport, policy)),
        scored=tuple(_scored(passage, policy, scene, judged, assessed)),
    )


def _scored(
    passage: Passage, policy: Policy, scene: Scene, judged: Sequence[Judged], assessed: Sequence[AssessedClaim]
) -> list[ScoredClaim]:
    """Every claim of the words as heard, then those that stand by what the words sound like."""
    heard = [claim.judged for claim in assessed if claim.scene is scene]
    claims = [(one, scene, one in heard) for one in sorted(judged, key=lambda j: (j.start, j.end, j.class_id))]
    claims += [(claim.judged, claim.scene, True) for claim in assessed if claim.scene is not scene]
    return [
        ScoredClaim(judged=one, finding=make_finding(one, where, policy, passage.stream_id), stands=stands)
        for one, where, stands in claims
    ]


def _recognised(window: Window, passport: Passport | None, policy: Policy) -> list[Recognised]:
    """Every rule that matched, with the reason where it makes no claim here."""
    found: list[Recognised] = []
    for compiled in policy.rules:
        allowed = category_allows(policy.class_files[compiled.class_id], compiled.rule, passport)
        for one in match_rule(window, compiled):
            why = one.dropped or (None if allowed else "not for this product's category")
            found.append(Recognised(candidate=one.candidate, dropped=why))
    kept = longest([one.candidate for one in found if one.dropped is None], window.text)
    shorter = "a longer match of its class says the same and more"
    found = [
        one if one.dropped is not None or any(one.candidate is k for k in kept) else replace(one, dropped=shorter)
        for one in found
    ]
    return sorted(found, key=lambda r: (r.candidate.start, r.candidate.end, r.candidate.rule.name))

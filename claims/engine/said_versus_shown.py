"""What is said and what is shown of one attribute, where they differ: a note of its own, registered or not."""

from collections.abc import Sequence

from claims.engine.checkers.base import unsupported
from claims.engine.heard_over_soundalike import AssessedClaim
from claims.engine.judged import Judged
from claims.engine.linking.named_values import Board, StatedValue, stated_values
from claims.engine.scene import Scene
from claims.policy.policy import Policy
from claims.types import Channel, ScoreStep, VerdictKind

_CLASS, _RULE = "SPEC_PARAM", "told_otherwise"


def said_shown_mismatches(
    scene: Scene, assessed: Sequence[AssessedClaim], board: Board, policy: Policy
) -> list[AssessedClaim]:
    """Notes on values in focus that were shown otherwise, or said otherwise; not where the value is flagged already."""
    product, window = scene.choice.passport, scene.window
    focus = window.passages_of(window.focus_start, window.focus_end)
    if product is None or not focus or not scene.choice.sure:
        return []
    channel, found = focus[0].passage.channel, []
    for value in stated_values(window, product, policy):
        other = board.note(product.id, channel, scene.at_ms, value)
        if other is not None and not any(_decides(claim, value, scene) for claim in assessed):
            found.append(AssessedClaim(judged=_noted(value, other, channel, policy), scene=scene))
    return found


def _decides(claim: AssessedClaim, value: StatedValue, scene: Scene) -> bool:
    """True for a claim of the same words that is flagged, or borne out by what is registered."""
    judged = claim.judged
    same = claim.scene is scene and judged.start < value.end and value.start < judged.end
    return same and (judged.flags or judged.judgement.verdict is VerdictKind.SUPPORTED)


def _noted(value: StatedValue, other: StatedValue, channel: Channel, policy: Policy) -> Judged:
    why = f"{'said' if channel == 'screen' else 'shown'} otherwise: {other.attribute} {other.text}"
    return Judged(
        class_id=_CLASS,
        rule_name=f"{_CLASS}.{_RULE}",
        start=value.start,
        end=value.end,
        judgement=unsupported(why, claimed=f"{value.attribute} {value.text}", note_only=True),
        trials=(),
        steps=(ScoreStep(step=why, value=policy.scores.record),),
        score=policy.scores.record,
        flag_at=policy.settings.flag_at,
        candidate=None,
    )

"""What two policies make of one broadcast, place by place: pure, findings of both in, scores of both out."""

from collections.abc import Sequence

from review.learning.types import ShadowScore
from review.replays.compare import pairs_of
from review.replays.types import Said


def scores_of(stream_id: str, live: Sequence[Said], shadow: Sequence[Said]) -> list[ShadowScore]:
    """Every place that either flags, or that both score otherwise, in order of time."""
    scores = [_score(stream_id, one, other) for one, other in pairs_of(live, shadow)]
    telling = [one for one in scores if one.flags or one.shadow_flags or one.score != one.shadow_score]
    return sorted(telling, key=lambda one: (one.start_ms, one.class_id, one.quote))


def _score(stream_id: str, live: Said | None, shadow: Said | None) -> ShadowScore:
    shown = live if live is not None and (live.flags or shadow is None or not shadow.flags) else shadow
    assert shown is not None
    return ShadowScore(
        stream_id=stream_id,
        class_id=shown.class_id,
        start_ms=shown.start_ms,
        quote=shown.quote,
        score=None if live is None else live.score,
        flags=live is not None and live.flags,
        shadow_score=None if shadow is None else shadow.score,
        shadow_flags=shadow is not None and shadow.flags,
    )

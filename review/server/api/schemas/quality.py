"""The JSON of quality: what is found and missed, as the pages tell it."""

from typing import Literal

from review.analytics.quality import Found
from review.server.api.schemas.findings import WireModel


class ShareOut(WireModel):
    """A share, and between which it lies at 95 %."""

    share: float
    low: float
    high: float


class QualityRowOut(WireModel):
    """How much is found and how right it is; a share is null while too little is decided to tell it.

    `spot_checks`: those that people decided; `missed`: how often a breach was not flagged, as they let one estimate.
    """

    key: str
    recall: ShareOut | None
    missed: float | None
    spot_checks: int
    precision: ShareOut | None
    decided: int


class QualityOut(WireModel):
    """The figures of some days; `figures_from`: from how many decided cases on one is told."""

    days: int
    by: Literal["all", "class", "goods", "policy"]
    figures_from: int
    rows: list[QualityRowOut]


def quality_row_out(found: Found) -> QualityRowOut:
    """The figures as they are sent."""
    recall = found.recall
    return QualityRowOut(
        key=found.key,
        recall=_share(recall.share, recall.interval),
        missed=None if recall.share is None else round(recall.missed, 2),
        spot_checks=recall.decided,
        precision=_share(found.precision, found.interval),
        decided=found.decided,
    )


def _share(share: float | None, interval: tuple[float, float] | None) -> ShareOut | None:
    if share is None or interval is None:
        return None
    return ShareOut(share=round(share, 4), low=round(interval[0], 4), high=round(interval[1], 4))

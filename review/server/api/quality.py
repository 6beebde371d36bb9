"""The JSON interface of quality: a customer's own recall and precision, by the figures that the pages show."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from review.analytics.quality import Quality
from review.server.api.schemas.quality import QualityOut, quality_row_out
from review.server.auth.api_keys import answers, key_or_person
from review.server.routers import new_router
from review.tenants.types import Caller, Scope

Reading = Annotated[Caller, Depends(key_or_person(Scope.FINDINGS_READ))]


def quality_api_router(quality: Quality) -> APIRouter:
    """The route of quality."""
    router = new_router()

    @router.get("/v1/quality", responses=answers())
    def get_quality(
        caller: Reading,
        days: Annotated[int, Query(ge=1, le=366, description="Of the last so many days, today among them")] = 30,
        by: Annotated[
            Literal["all", "class", "goods", "policy"], Query(description="By what the figures are told apart")
        ] = "all",
    ) -> QualityOut:
        """How much of what breaches is found, as spot checks let one estimate, and how many flags are right."""
        rows = [quality_row_out(found) for found in quality.found(days, by, caller.sees)]
        return QualityOut(days=days, by=by, figures_from=quality.fewest, rows=rows)

    return router

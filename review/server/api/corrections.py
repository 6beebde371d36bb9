"""The JSON interface of corrections; the desk's own editor sends to it, too."""

import hashlib
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path

from review.corrections.store import CorrectionStore
from review.server.api.schemas.corrections import CorrectionIn, CorrectionOut, correction_out
from review.server.auth.api_keys import key_or_person, write_answers
from review.server.routers import new_router
from review.streams.corrections import Judging, Rewording
from review.tenants.tenancy import Tenancy
from review.tenants.types import Caller, Scope

Deciding = Annotated[Caller, Depends(key_or_person(Scope.CASES_WRITE))]
CaseId = Annotated[str, Path(min_length=1, max_length=64, description="The case's `case_id`")]


def corrections_router(
    corrections: CorrectionStore, tenancy: Tenancy, judging: Callable[[], Judging] | None
) -> APIRouter:
    """The route by which a passage is corrected; `judging` None: nothing is judged here, and the route says so."""
    router = new_router()

    @router.post("/v1/cases/{case_id}/corrections", status_code=201, responses=write_answers(404, 409))
    def correct(case_id: CaseId, given: CorrectionIn, caller: Deciding) -> CorrectionOut:
        """Corrects the transcript of a passage, or the product that it speaks of, and judges the claim anew.

        409 `text_changed`: somebody corrected it meanwhile; 409 `taken`: somebody works on the case; 422 with a code:
        it is decided (`final`, `decided_once`), a measure rests on it (`under_measure`), or the correction can't be
        made. The findings that were made from the words before no longer stand and name those that do.
        """
        tenancy.check_case(caller, case_id)
        if judging is None:
            raise HTTPException(503, "this server judges nothing; correct it where `zhenyan serve` runs")
        sent = given.request_id if caller.sees is None else f"{caller.sees}\0{given.request_id}"
        rewording = Rewording(
            case_id=case_id,
            passage_id=given.passage_id,
            request_id=hashlib.sha256(sent.encode()).hexdigest(),
            original=given.original,
            corrected=given.corrected,
            product_id=given.product_id,
            why=given.why,
        )
        return correction_out(corrections.correct(rewording, caller.person, judging()))

    return router

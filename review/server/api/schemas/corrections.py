"""The JSON of corrections."""

from typing import Annotated

from pydantic import ConfigDict, Field

from claims.types import Channel
from review.corrections.eligibility import MOST_CHARS
from review.server.api.schemas.findings import WireModel
from review.streams.corrections import Correction


class CorrectionIn(WireModel):
    """What a passage really said or showed. The same `request_id` again is the same correction."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "request_id": "c-1",
                    "passage_id": "u1",
                    "original": "它的总功率可以做到一百瓦",
                    "corrected": "它的总功率可以做到六十五瓦",
                    "product_id": None,
                    "why": "heard again at half speed",
                }
            ]
        },
    )

    request_id: Annotated[str, Field(min_length=1, max_length=64)]
    passage_id: Annotated[
        str, Field(min_length=1, max_length=200, description="One of the `passage_ids` of the case's findings")
    ]
    original: Annotated[str, Field(description="The passage's text as you saw it; 409 `text_changed` if it is another")]
    corrected: Annotated[str, Field(min_length=1, max_length=MOST_CHARS)]
    product_id: Annotated[
        str | None, Field(max_length=200, description="The product it speaks of, if that was wrong; null: it stays")
    ] = None
    why: Annotated[str, Field(max_length=500)] = ""


class CorrectionOut(WireModel):
    """A correction as it was made. `superseded` findings no longer stand, those in `found` do; nothing found, and
    nothing else in the case: it was decided `lawful` for the reason `transcript_corrected`."""

    correction_id: str
    case_id: str
    stream_id: str
    passage_id: str
    channel: Channel
    heard: str = Field(description="What the recogniser wrote, before any correction")
    original: str
    corrected: str
    product_before: str | None
    product_after: str | None
    why: str
    person_id: str
    corrected_at_ms: int = Field(description="Unix time")
    policy: str = Field(description="What the claim was judged anew by: its own policy where that is still kept")
    superseded: list[str]
    found: list[str]


def correction_out(correction: Correction) -> CorrectionOut:
    """The correction as it is sent."""
    values = {name: getattr(correction, name) for name in CorrectionOut.model_fields if name != "correction_id"}
    return CorrectionOut.model_validate({"correction_id": correction.id} | values)

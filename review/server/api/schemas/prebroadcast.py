"""What is sent to be checked and what comes back, as JSON."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from review.prebroadcast.limits import MOST_CHARS, MOST_PRODUCTS, MOST_ROWS
from review.prebroadcast.types import Checked, CheckedRow, Remark, TextKind
from review.server.api.schemas.streams import Moment

Text = Annotated[str, Field(min_length=1, max_length=MOST_CHARS)]
Ids = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]],
    Field(max_length=MOST_PRODUCTS, description="Ids of registered passports, in the order of their links"),
]
Records = Annotated[
    list[dict[str, Any]],
    Field(max_length=MOST_PRODUCTS, description="Passports sent along: the short or long form, or UNTP JSON-LD"),
]

Warnings = Annotated[
    list[str],
    Field(description="Of the passports: papers that are not in force at that moment, and what supports nothing"),
]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")

    products: Ids = []
    passports: Records = []
    at: Annotated[
        Moment | None,
        Field(description="When the broadcast will be, with its offset: prices and validity are judged by it"),
    ] = None


class CheckIn(_Sent):
    """A text before it is said or shown."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": "script",
                    "text": "这款充电器单口输出一百瓦，是全网最好的充电器！",
                    "passports": [
                        {
                            "id": "P-1",
                            "name": "双口氮化镓充电器",
                            "category": "electronics/charger",
                            "attributes": [{"name": "output_power", "label": "输出功率", "value": 65, "unit": "W"}],
                        }
                    ],
                    "at": "2026-11-24T20:00:00+08:00",
                }
            ]
        },
    )

    text: Text
    kind: Annotated[
        TextKind,
        Field(description="`script`: to be spoken; `page`: to be shown; `captions`: SRT, WebVTT or ASS with its times"),
    ] = TextKind.SCRIPT


class RowIn(BaseModel):
    """A text of a catalogue."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    product_id: Annotated[str, Field(max_length=200, description="Empty: worked out from the words")] = ""


class CatalogueIn(_Sent):
    """A catalogue: every row is checked by itself."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"rows": [{"text": "全网最好的蜂蜜"}], "at": "2026-11-24T20:00:00+08:00"}]},
    )

    rows: Annotated[list[RowIn], Field(min_length=1, max_length=MOST_ROWS)]


class WordingOut(BaseModel):
    """What may be said instead, or what it takes."""

    zh: str
    en: str


class RemarkOut(BaseModel):
    """A finding, its place in the text that was sent (characters, half-open; lines from 1), and what is advised."""

    start: int
    end: int
    line: int
    finding: dict[str, Any]
    advice: list[WordingOut]


class CheckOut(BaseModel):
    """Everything remarked on a text, by place."""

    findings: list[RemarkOut]
    pieces: Annotated[int, Field(description="How many sentences or captions were read")]
    policy: str
    left_out: Annotated[list[str], Field(description="What could not be judged by, and why")]
    warnings: Warnings = []


class RowOut(BaseModel):
    """What came of a row. `error`: what was wrong with it; of an unknown product, it is checked without a passport."""

    number: int
    product_id: str
    error: str
    findings: list[RemarkOut]


class CatalogueOut(BaseModel):
    """What came of each row, in the order in which they were sent."""

    rows: list[RowOut]
    flagged: Annotated[int, Field(description="How many rows have a finding that would be flagged")]
    warnings: Warnings = []


def remark_out(remark: Remark) -> RemarkOut:
    """One remark as it is sent."""
    return RemarkOut(
        start=remark.start,
        end=remark.end,
        line=remark.line,
        finding=remark.finding.to_json(),
        advice=[WordingOut(zh=w.zh, en=w.en) for w in remark.wordings],
    )


def check_out(checked: Checked) -> CheckOut:
    """A checked text as it is sent."""
    return CheckOut(
        findings=[remark_out(remark) for remark in checked.remarks],
        pieces=checked.piece_count,
        policy=checked.policy,
        left_out=list(checked.left_out),
        warnings=list(checked.warnings),
    )


def row_out(row: CheckedRow) -> RowOut:
    """A checked row as it is sent."""
    remarks = () if row.checked is None else row.checked.remarks
    return RowOut(
        number=row.row.number,
        product_id=row.row.product_id,
        error=row.error,
        findings=[remark_out(remark) for remark in remarks],
    )

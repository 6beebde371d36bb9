"""The JSON of orders of broadcasts and of what platforms tell while they are on."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict, Field, FiniteFloat, StringConstraints

from review.scheduling.depth_rules import DepthIn, HostId
from review.server.api.schemas.findings import StreamOut, WireModel

# As `claims` bounds them: ten years.
_LATEST_MS = 10 * 365 * 86_400_000
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
ProductId = Text
Url = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
AtMs = Annotated[int, Field(ge=0, le=_LATEST_MS, description="Milliseconds on the stream clock")]


def _written_out(value: object) -> object:
    """Refuses numbers, which would be read as seconds since 1970."""
    if not isinstance(value, str):
        raise ValueError("give the moment as text")
    return value


def _in_our_time(moment: datetime) -> datetime:
    """Refuses what no calendar arithmetic bears, such as the year 9999 in another zone."""
    if not 2000 <= moment.year < 2100:
        raise ValueError("give a moment of this century")
    return moment


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_our_time)]


class HostIn(WireModel):
    """Who speaks: the platform's account. `platform`: where; the customer's own name for it."""

    id: HostId
    name: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")] = ""
    platform: Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")] = ""


class CallbackIn(WireModel):
    """Where this broadcast's events are sent, beside the customer's own webhooks."""

    url: Url


class OrderIn(WireModel):
    """A broadcast to screen, with what is on sale in it: registered products by id, passports that are registered by
    this order, or both."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "url": "https://live.example.com/room/7/index.m3u8",
                    "host": {"id": "anchor-7", "name": "小岚", "platform": "example-live"},
                    "products": ["P-1"],
                    "started_at": "2026-11-24T20:00:00+08:00",
                    "callback": {"url": "https://platform.example.com/zhenyan"},
                    "external_id": "room-7-2026-11-24",
                    "max_hours": 8,
                }
            ]
        },
    )

    url: Url
    host: HostIn
    products: Annotated[tuple[ProductId, ...], Field(max_length=500)] = ()
    passports: Annotated[tuple[dict[str, Any], ...], Field(max_length=200)] = ()
    title: Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00]*$")] = ""
    started_at: Annotated[
        Moment | None, Field(description="By which prices and validity dates are judged; now, if not given")
    ] = None
    callback: CallbackIn | None = None
    external_id: Text | None = None
    max_hours: Annotated[float, Field(gt=0, le=240, allow_inf_nan=False)] | None = None
    policy: Annotated[
        Text | None,
        Field(
            description="To judge by: a policy that is or was in force, as `name@version`, as its hash (12 digits or "
            "more), or as `name@version#hash`; the one in force when the screening starts, if not given"
        ),
    ] = None
    priority: Annotated[
        Literal["normal", "background", "urgent"], Field(description="`urgent` needs the scope `streams:urgent`")
    ] = "normal"
    depth: Annotated[DepthIn | None, Field(description="By the customer's rules of depth, if not given")] = None


class StreamsOut(WireModel):
    """Broadcasts, those ordered last first; `next_after` null: there are no more."""

    streams: list[StreamOut]
    next_after: str | None


class OnSaleIn(WireModel):
    """The product that the host explains from this moment on; null: none. Without `at_ms`, from as far as it is
    recorded now."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"product_id": "P-1", "at_ms": 120000}]}
    )

    product_id: ProductId | None
    at_ms: AtMs | None = None


class FactIn(WireModel):
    """Something that the platform's backend knows at a moment; `product_id` null: about the whole room."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"at_ms": 120000, "kind": "stock", "product_id": "P-1", "value": 12}]},
    )

    at_ms: AtMs
    kind: Literal["stock", "sales", "viewers", "rating", "promo_end", "gift", "ai_label", "on_sale"]
    product_id: ProductId | None = None
    value: bool | int | FiniteFloat | Annotated[str, StringConstraints(max_length=2000)] | None = None
    stream_id: Annotated[Text | None, Field(description="If given, it is the stream of the address")] = None


class FactsReceivedOut(WireModel):
    """How many facts came, and how many of them were new."""

    stream_id: str
    received: int
    new: int

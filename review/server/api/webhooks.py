"""Webhooks for programs: where to be told, by which secret, what was told, and telling it again."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import ConfigDict, Field, model_validator

from net.errors import shown
from net.guard import NetPolicy
from review.events.types import DeliveryState, EndpointState, Target
from review.server.api.events import Whose, whose
from review.server.api.schemas.findings import WireModel
from review.server.auth.api_keys import answers, key_or_person, write_answers
from review.server.auth.guard import SENIORS
from review.server.routers import new_router
from review.tenants.types import Caller, Scope
from review.webhooks.endpoints import Targets
from review.webhooks.retry_queue import Deliveries

Writing = Annotated[Caller, Depends(key_or_person(Scope.WEBHOOKS, *SENIORS))]
WebhookId = Annotated[str, Path(min_length=1, max_length=60, description="The webhook's `id`")]


_EXAMPLE = {"url": "https://platform.example.com/zhenyan", "kinds": ["finding.created"]}


class WebhookIn(WireModel):
    """An address to be told at. `kinds`: such as `finding.created` or `measure.*`.

    Empty: everything but `stream.stretch` and `deadline.*`, which are told where they are named.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"url": "https://platform.example.com/zhenyan", "kinds": ["finding.created"]}]},
    )

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    kinds: list[Annotated[str, Field(max_length=40)]] = Field(default_factory=list, max_length=50)


class WebhookOut(WireModel):
    """An address that is told. `callback`: it came with broadcasts, and hears of those alone.

    `disabled_after`: the number of the last event that was still meant for it before it was `disabled`, and `why`.
    """

    id: str
    url: str
    kinds: list[str]
    callback: bool
    state: EndpointState
    why: str
    disabled_after: int | None
    created_at_ms: int


class WebhookMade(WebhookOut):
    """An address with its secret, which is shown this once."""

    secret: str


class WebhooksOut(WireModel):
    """Addresses, the oldest first."""

    webhooks: list[WebhookOut]


class SecretOut(WireModel):
    """A new secret, shown this once; for a day messages carry a second signature, by the secret before it."""

    secret: str


class DeliveryOut(WireModel):
    """How far the telling of an event is; `parked`: it was tried for days and is not tried any more."""

    event_sequence: int
    state: DeliveryState
    attempts: int
    next_at_ms: int
    last_error: str
    delivered_at_ms: int | None


class DeliveriesOut(WireModel):
    """Deliveries in the order of their events; go on with `after` set to the last number. `counts`: all of them."""

    deliveries: list[DeliveryOut]
    counts: dict[DeliveryState, int]


class AgainIn(WireModel):
    """What to tell again: one event, every event after a number, or everything that was parked."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"parked": True}]})

    sequence: Annotated[int, Field(ge=1, le=1 << 53)] | None = None
    since: Annotated[int, Field(ge=0, le=1 << 53)] | None = None
    parked: bool = False

    @model_validator(mode="after")
    def _one_of_them(self) -> "AgainIn":
        if (self.sequence is not None) + (self.since is not None) + self.parked != 1:
            raise ValueError("give one of sequence, since and parked")
        return self


class AgainOut(WireModel):
    """How many events are told again."""

    count: int


def webhooks_router(targets: Targets, deliveries: Deliveries, net: NetPolicy) -> APIRouter:
    """The routes of webhooks; `net`: which addresses may be told, here and at each sending."""
    router = new_router(tags=["webhooks"])

    @router.post("/v1/webhooks", status_code=201, responses=write_answers())
    def add_webhook(given: WebhookIn, caller: Writing, tenant: Whose = None) -> WebhookMade:
        """Tells you of every event from now on at this address, signed as Standard Webhooks has it."""
        made, secret = targets.add(whose(caller, tenant), given.url, given.kinds, net, caller.actor)
        return WebhookMade(**_values(made), secret=secret)

    @router.get("/v1/webhooks", responses=answers())
    def list_webhooks(
        caller: Writing,
        callbacks: Annotated[bool, Query(description="Those that came with broadcasts, instead")] = False,
    ) -> WebhooksOut:
        """Where you are told."""
        found = targets.listed(caller.sees, callbacks=callbacks)
        return WebhooksOut(webhooks=[_out(each, caller) for each in found])

    @router.post("/v1/webhooks/callback-secret", responses=answers())
    def rotate_callback_secret(caller: Writing, tenant: Whose = None) -> SecretOut:
        """A new secret for what is sent to the `callback` addresses of your broadcasts."""
        return SecretOut(secret=targets.rotate_callbacks(whose(caller, tenant), caller.actor))

    @router.get("/v1/webhooks/{webhook_id}", responses=answers(404))
    def get_webhook(webhook_id: WebhookId, caller: Writing) -> WebhookOut:
        """One address."""
        return _out(targets.of(webhook_id, caller.sees), caller)

    @router.delete("/v1/webhooks/{webhook_id}", status_code=204, responses=answers(404))
    def remove_webhook(webhook_id: WebhookId, caller: Writing) -> Response:
        """Tells the address nothing more, not even what waits; the events themselves stay."""
        targets.remove(webhook_id, caller.sees, caller.actor)
        return Response(status_code=204)

    @router.post("/v1/webhooks/{webhook_id}/secret", responses=answers(404))
    def rotate_secret(webhook_id: WebhookId, caller: Writing) -> SecretOut:
        """A new secret for this address; of a callback's, for all of them."""
        return SecretOut(secret=targets.rotate(webhook_id, caller.sees, caller.actor))

    @router.post("/v1/webhooks/{webhook_id}/enable", responses=answers(404))
    def enable_webhook(webhook_id: WebhookId, caller: Writing) -> WebhookOut:
        """Tells the address again from now on; `redeliver` since `disabled_after` brings what it missed."""
        return _out(targets.enable(webhook_id, caller.sees, caller.actor), caller)

    @router.get("/v1/webhooks/{webhook_id}/deliveries", responses=answers(404))
    def list_deliveries(
        webhook_id: WebhookId,
        caller: Writing,
        state: DeliveryState | None = None,
        after: Annotated[int, Query(ge=0, le=1 << 53)] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> DeliveriesOut:
        """What was told at this address, what is tried again, and what was given up."""
        targets.of(webhook_id, caller.sees)
        found = deliveries.listed(webhook_id, state, after, limit)
        shown = [
            DeliveryOut(
                event_sequence=each.event_sequence,
                state=each.state,
                attempts=each.attempts,
                next_at_ms=each.next_at_ms,
                last_error=each.last_error,
                delivered_at_ms=each.delivered_at_ms,
            )
            for each in found
        ]
        return DeliveriesOut(deliveries=shown, counts=deliveries.counts(webhook_id))

    @router.post("/v1/webhooks/{webhook_id}/redeliver", status_code=202, responses=write_answers(404))
    def redeliver(webhook_id: WebhookId, given: AgainIn, caller: Writing) -> AgainOut:
        """Tells events again, with the ids that they had: one, all after a number, or all that were parked."""
        target = targets.of(webhook_id, caller.sees)
        if given.sequence is not None:
            deliveries.retry(webhook_id, given.sequence, caller.actor)
            return AgainOut(count=1)
        if given.since is not None:
            return AgainOut(count=deliveries.again_since(target, given.since, caller.actor))
        return AgainOut(count=deliveries.retry_parked(webhook_id, caller.actor))

    return router


def _out(target: Target, caller: Caller) -> WebhookOut:
    """The address as its customer gave it; people are shown no part in which a customer's token may stand."""
    values = _values(target)
    return WebhookOut(**values if caller.sees else values | {"url": shown(target.url)})


def _values(target: Target) -> dict[str, Any]:
    return {
        "id": target.id,
        "url": target.url,
        "kinds": list(target.kinds),
        "callback": target.callback,
        "state": target.state,
        "why": target.why,
        "disabled_after": target.disabled_after,
        "created_at_ms": target.created_at_ms,
    }

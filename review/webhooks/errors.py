"""What can't be told, and where."""

from net.errors import RefusedAddress
from review.errors import NotFoundError, ReviewError


class UnknownEndpointError(NotFoundError):
    """The customer has no such address."""

    def __init__(self, endpoint_id: str) -> None:
        super().__init__(f"webhook {endpoint_id!r} is not known; see GET /v1/webhooks")
        self.endpoint_id = endpoint_id


class UnknownDeliveryError(NotFoundError):
    """Nothing of this number was to be told there."""

    def __init__(self, sequence: int) -> None:
        super().__init__(f"event {sequence} has no delivery there that could be taken up again")
        self.sequence = sequence


class WebhookRefused(ReviewError):
    """An address can't be told like this; the customer can act. `code` tells programs which rule refused it."""

    def __init__(self, what: str, why: str, *, code: str | None = None) -> None:
        super().__init__(f"{what}: {why}")
        self.why = why
        self.code = code


class WebhookSettingError(ReviewError):
    """The platform can't be told like this; the operator can act."""

    def __init__(self, setting: str, why: str) -> None:
        super().__init__(f"setting {setting}: {why}; correct it")
        self.setting = setting


class SealBroken(ReviewError):
    """A secret in the database was sealed by another installation's key; the operator can act."""

    exit_code = 1

    def __init__(self) -> None:
        super().__init__(
            "the webhooks' secrets were sealed with another key: restore keys/seal.secret of the data folder, or have "
            "customers rotate their secrets"
        )


def refused_address(what: str, error: RefusedAddress) -> WebhookRefused:
    """The guard's refusal, as the customer is told it: one text for every address that is not allowed."""
    why = _WHY.get(error.rule, "refused")
    return WebhookRefused(what, f"refused by the {error.rule} rule: {why}", code=f"url_{error.rule}")


_WHY = {
    "scheme": "events go to http and https addresses only; write https://HOST/PATH",
    "address": "only public internet addresses are told; give one that is reachable from outside, or have the operator "
    "allow it",
}

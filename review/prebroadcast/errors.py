"""What can be wrong with a text before the broadcast; the sender can act."""

from collections.abc import Sequence

from review.errors import ReviewError


class CheckRefused(ReviewError):
    """A text, passport or catalogue that can't be checked; `field` names what is wrong, `faults` each thing in it."""

    def __init__(self, field: str, why: str, faults: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.faults = tuple(faults)


class ProductNotRegistered(CheckRefused):
    """A product id that no passport describes."""

    def __init__(self, product_id: str) -> None:
        super().__init__("products", f"{product_id!r}: no passport of this id is registered; register it, or send it")
        self.product_id = product_id

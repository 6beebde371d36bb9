"""What can be wrong with a text before the broadcast; the sender can act."""

from review.errors import ReviewError


class CheckRefused(ReviewError):
    """A text, passport or catalogue that can't be checked; `field` names what is wrong."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field


class ProductNotRegistered(CheckRefused):
    """A product id that no passport describes."""

    def __init__(self, product_id: str) -> None:
        super().__init__("products", f"{product_id!r}: no passport of this id is registered; register it, or send it")
        self.product_id = product_id

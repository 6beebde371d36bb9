"""What can be refused of a policy on its way to going live."""

from review.errors import NotFoundError, ReviewError


class PolicyPackError(ReviewError):
    """What was handed in is no packed policy folder."""

    def __init__(self, why: str) -> None:
        super().__init__(f"policy archive: {why}; hand in a ZIP of one policy folder")
        self.why = why


class UnknownPolicyError(NotFoundError):
    """No policy with this hash was handed in."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"policy {digest[:12]!r} is not in the store; hand it in first")
        self.digest = digest


class PolicyMoveRefused(ReviewError):
    """The policy can't go live like this; the pages have words for each code."""

    def __init__(self, why: str, *, code: str) -> None:
        super().__init__(f"policy: {why}")
        self.why = why
        self.code = code

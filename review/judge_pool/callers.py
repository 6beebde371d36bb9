"""With whom a caller takes turns."""

from review.judge_pool.fair_queue import Party
from review.tenants.types import Caller


def party_of(caller: Caller) -> Party:
    """A key takes turns together with its customer's other keys, a person alone."""
    return Party(key=caller.actor, group=f"customer:{caller.home}" if caller.sees else f"person:{caller.actor}")

"""What a claim is judged by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from claims.engine.window import Window
from claims.products.choice import ProductChoice
from claims.types import PlatformFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The window, the product, the moment, the platform's facts."""

    window: Window
    choice: ProductChoice
    at: datetime
    at_ms: int
    facts: Sequence[PlatformFact]

"""`bars.yaml`: from which score on claims of a class or of a detector are flagged, above the policy's own bars.

People raise them at the desk, by what they decided; what a class forbids outright is not bound by them.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from claims.types import Frozen

FILE = "bars.yaml"
Bar = Annotated[float, Field(ge=0, le=1)]


class BarsFile(Frozen):
    """A bar by class, and by detector (`CLASS.rule`); the higher of the two holds."""

    classes: Mapping[str, Bar] = Field(default_factory=dict)
    detectors: Mapping[str, Bar] = Field(default_factory=dict)

    def of(self, class_id: str, detector: str) -> float:
        """The score below which such a claim is a note; 0: none was set."""
        return max(self.classes.get(class_id, 0.0), self.detectors.get(detector, 0.0))

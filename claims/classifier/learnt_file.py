"""`learnt/TENANT.yaml` of a policy: what decisions add to the shipped reader, and the card that tells of it."""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, field_validator

from claims.classifier.calibration import Calibration
from claims.types import Frozen

# The installation's own broadcasts, and what was learnt from every customer's where the installation says so.
OWN, EVERYBODY = "local", "_all"
FOLDER = "learnt"
_NUMBER_BYTES = 4


class LearntFile(Frozen):
    """What is added to the gate of the reader named by `base`, for passages of these goods alone.

    `gate`: base64 of little-endian float32, as many as the encoder's directions have. Goods without a calibration are
    read as before. `card`: what data, how many, figures, hash.
    """

    tenant: Annotated[str, Field(min_length=1, max_length=60)]
    base: Annotated[str, Field(min_length=1)]
    gate: str
    gate_bias: float
    calibrations: Annotated[Mapping[str, Calibration], Field(min_length=1)]
    card: Mapping[str, Any]

    @field_validator("gate")
    @classmethod
    def _holds_numbers(cls, value: str) -> str:
        try:
            content = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError(f"is no base64: {error}") from error
        if not content or len(content) % _NUMBER_BYTES:
            raise ValueError("must hold numbers of four bytes each")
        return value

    @property
    def gate_bytes(self) -> bytes:
        """The numbers of the gate, little-endian float32."""
        return base64.b64decode(self.gate)

"""The settings of the second reader, from the file and the environment."""

import json
import os
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from claims.second_reader.types import Between, Sent

PREFIX = "ZHENYAN_SECOND_READER_"
_JSON = frozenset({"classes", "sends"})


class SecondReaderSettings(BaseModel):
    """The block `second_reader` of `configs/default.yaml`, checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    model: str
    key: Annotated[str, Field(repr=False)]
    transformers: str
    device: Literal["auto", "cpu", "cuda"]
    num_gpus: Annotated[float, Field(ge=0, le=64)]
    batch_size: Annotated[int, Field(ge=1, le=256)]
    from_: Annotated[float, Field(ge=0, le=1, alias="from")]
    to: Annotated[float, Field(ge=0, le=1)]
    classes: dict[str, Between]
    protected: bool
    calls_per_hour: Annotated[int, Field(ge=0, le=1_000_000)]
    calls_per_hour_of_all: Annotated[int, Field(ge=0, le=10_000_000)]
    deadline_s: Annotated[float, Field(gt=0, le=600)]
    at_once: Annotated[int, Field(ge=1, le=256)]
    most_tokens: Annotated[int, Field(ge=64, le=32_000)]
    failures: Annotated[int, Field(ge=1, le=1_000)]
    rest_s: Annotated[float, Field(gt=0, le=86_400)]
    price_in: Annotated[float, Field(ge=0)]
    price_out: Annotated[float, Field(ge=0)]
    sends: tuple[Sent, ...]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        parts = urlsplit(self.url)
        if self.url and (parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc):
            raise ValueError("url must be the http(s) address of an endpoint, such as http://127.0.0.1:8000/v1")
        if self.url and self.transformers:
            raise ValueError("url and transformers: name one of them")
        if self.url and not self.model:
            raise ValueError("model must name what the endpoint of url serves")
        if self.from_ > self.to:
            raise ValueError(f"from {self.from_:g} is above to {self.to:g}")
        return self


def from_environment(block: object) -> object:
    """The block with what ZHENYAN_SECOND_READER_* say; lists and mappings are given as JSON."""
    given = {
        name.upper().removeprefix(PREFIX).lower(): value
        for name, value in os.environ.items()
        if name.upper().startswith(PREFIX)
    }
    if not isinstance(block, Mapping) or not given:
        return block
    return {**block, **{name: _parsed(name, value) for name, value in given.items()}}


def known_in_environment() -> frozenset[str]:
    """The names by which the environment may set a part of the block."""
    fields = SecondReaderSettings.model_fields
    return frozenset(f"{PREFIX}{(field.alias or name).upper()}" for name, field in fields.items())


def _parsed(name: str, value: str) -> Any:
    if name not in _JSON:
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"environment variable {PREFIX}{name.upper()}: is no JSON: {error}") from error

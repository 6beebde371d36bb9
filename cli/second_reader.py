"""The settings of the second reader, and a second reader as commands run one beside what they do."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from claims.second_reader.types import SENT, Between, Doubt, Sent
from review.second_reader.types import Budget

if TYPE_CHECKING:
    from claims.passports.passport import Passport
    from claims.policy.policy import Policy
    from cli.settings import Settings
    from cluster.batch_types import BatchJob
    from cluster.second_reader.archives import BatchReading
    from cluster.second_reader.following import SecondReader
    from cluster.second_reader.types import SecondReaderConfig

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


def config_of(settings: "Settings") -> "SecondReaderConfig":
    """The settings as the second reader takes them."""
    from cluster.second_reader.types import SecondReaderConfig

    block = settings.second_reader
    between = Between.model_validate({"from": block.from_, "to": block.to})
    return SecondReaderConfig(
        doubt=Doubt(between=between, of_class=dict(block.classes), protected=block.protected),
        budget=Budget(of_broadcast=block.calls_per_hour, of_all=block.calls_per_hour_of_all),
        url=block.url,
        model=block.model,
        key=block.key,
        transformers=block.transformers,
        device=block.device,
        num_gpus=block.num_gpus,
        batch_size=block.batch_size,
        threads=settings.threads,
        deadline_s=block.deadline_s,
        at_once=block.at_once,
        most_tokens=block.most_tokens,
        failures=block.failures,
        rest_s=block.rest_s,
        prices=(block.price_in, block.price_out),
        sends=tuple(name for name in SENT if name in block.sends),
        trust_ca=settings.trust_ca,
    )


@contextmanager
def reading_again(
    settings: "Settings",
    policy: "Callable[[], Policy]",
    *,
    stream_id: str | None = None,
    on_ray: bool = False,
) -> "Iterator[SecondReader | None]":
    """A second reader that follows what is stored while the block lasts; None where none is set."""
    block = settings.second_reader
    if not (block.url or block.transformers):
        yield None
        return
    from cluster.second_reader.following import SecondReader
    from cluster.second_reader.opening import open_model
    from review.store import Store

    config = config_of(settings)
    store = Store.open(settings.store_url)
    try:
        model = open_model(config, on_ray=on_ray)
        data_dir: Path = settings.data_dir.absolute()
        reader = SecondReader(store, model, config, policy, data_dir, stream_id=stream_id)
        reader.start()
        try:
            yield reader
        finally:
            reader.close()
    finally:
        store.close()


def read_batch_again(
    settings: "Settings", job: "BatchJob", policy: "Policy", passports: "Sequence[Passport]"
) -> "BatchReading | None":
    """What second readings of the batch took; None where none is set. Calls count against the same budget."""
    block = settings.second_reader
    if not (block.url or block.transformers) or policy.second_reader is None:
        return None
    from cluster.second_reader.archives import BatchReader
    from cluster.second_reader.following import SecondReader
    from cluster.second_reader.listening import Listener
    from cluster.second_reader.opening import open_model
    from review.store import Store

    config = config_of(settings)
    store = Store.open(settings.store_url)
    model = open_model(config)
    try:
        listener = Listener(model, config, store.second_reader)
        reader = SecondReader(store, model, config, lambda: policy, settings.data_dir.absolute())
        stored = (store, reader) if job.stores else None
        return BatchReader(job, config, listener, policy, passports, stored=stored).read()
    finally:
        model.close()
        store.close()


def _parsed(name: str, value: str) -> Any:
    if name not in _JSON:
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"environment variable {PREFIX}{name.upper()}: is no JSON: {error}") from error

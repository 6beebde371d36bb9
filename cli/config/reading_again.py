"""A second reader as commands run one beside what they do, from the settings."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from claims.second_reader.types import SENT, Between, Doubt
from cli.config.settings import Settings
from review.second_reader.types import Budget

if TYPE_CHECKING:
    from claims.passports.passport import Passport
    from claims.policy.policy import Policy
    from cluster.batch.types import BatchJob, BatchReading
    from cluster.second_reader.following import SecondReader
    from cluster.second_reader.types import SecondReaderConfig


def config_of(settings: Settings) -> "SecondReaderConfig":
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
    settings: Settings,
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
    from review.stores import Stores

    config = config_of(settings)
    stores = Stores.open(settings.store_url)
    try:
        model = open_model(config, on_ray=on_ray)
        data_dir: Path = settings.data_dir.absolute()
        reader = SecondReader(
            stores.streams, stores.second_reader, stores.events, model, config, policy, data_dir, stream_id=stream_id
        )
        reader.start()
        try:
            yield reader
        finally:
            reader.close()
    finally:
        stores.close()


def read_batch_again(
    settings: Settings, job: "BatchJob", policy: "Policy", passports: "Sequence[Passport]"
) -> "BatchReading | None":
    """What second readings of the batch took; None where none is set. Calls count against the same budget."""
    block = settings.second_reader
    if not (block.url or block.transformers) or policy.second_reader is None:
        return None
    from cluster.second_reader.archives import BatchReader
    from cluster.second_reader.following import SecondReader
    from cluster.second_reader.listening import Listener
    from cluster.second_reader.opening import open_model
    from review.stores import Stores

    config = config_of(settings)
    stores = Stores.open(settings.store_url)
    model = open_model(config)
    try:
        listener = Listener(model, config, stores.second_reader)
        reader = SecondReader(
            stores.streams,
            stores.second_reader,
            stores.events,
            model,
            config,
            lambda: policy,
            settings.data_dir.absolute(),
        )
        stored = (stores.streams, stores.second_reader, reader) if job.stores else None
        return BatchReader(job, config, listener, policy, passports, stored=stored).read()
    finally:
        model.close()
        stores.close()

"""What a worker does beside live broadcasts: batches of customers, replays of people, evidence sent to its storage."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.config.enforcement import evidence_setup
from cli.config.replays import replay_job
from cli.config.settings import Settings
from cluster.batch.background import BatchRunner, BatchSetup
from cluster.replay.background import ReplayRunner
from review.store import Store


@contextmanager
def background_jobs(settings: Settings, *, processes: int = 1) -> Iterator[None]:
    """Works on batches and replays while the block lasts; what is in work then is left for whoever looks next.

    `processes`: how many a batch may take at once.
    """
    data_dir = settings.data_dir.absolute()
    store = Store.open(settings.store_url, evidence=evidence_setup(settings))
    setup = BatchSetup(
        data_dir=data_dir,
        values=settings.job_values() | {"data_dir": data_dir},
        allow_net=settings.allow_net,
        policy_dir=Path(settings.policy_dir).absolute() if settings.policy_dir else None,
        workers=processes,
    )
    batches = BatchRunner(store, f"{socket.gethostname()}-{os.getpid()}", setup)
    replays = ReplayRunner(store, data_dir, lambda candidate: replay_job(settings, candidate))
    keeper = store.evidence_keeper()
    keeper.start()
    batches.start()
    replays.start()
    try:
        yield
    finally:
        keeper.close()
        batches.close()
        replays.close()
        store.close()

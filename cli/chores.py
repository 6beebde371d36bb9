"""What a worker does beside live broadcasts: batches that customers hand in, replays that people ask for."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.replaying import replay_job
from cli.settings import Settings
from cluster.batch_runner import BatchRunner, BatchSetup
from cluster.replay_runner import ReplayRunner
from review.store import Store


@contextmanager
def chores(settings: Settings, *, processes: int = 1) -> Iterator[None]:
    """Works on batches and replays while the block lasts; what is in work then is left for whoever looks next.

    `processes`: how many a batch may take at once.
    """
    data_dir = settings.data_dir.absolute()
    store = Store.open(settings.store_url)
    setup = BatchSetup(
        data_dir=data_dir,
        values=settings.job_values() | {"data_dir": data_dir},
        allow_net=settings.allow_net,
        policy_dir=Path(settings.policy_dir).absolute() if settings.policy_dir else None,
        workers=processes,
    )
    batches = BatchRunner(store, f"{socket.gethostname()}-{os.getpid()}", setup)
    replays = ReplayRunner(store, data_dir, lambda candidate: replay_job(settings, candidate))
    batches.start()
    replays.start()
    try:
        yield
    finally:
        batches.close()
        replays.close()
        store.close()

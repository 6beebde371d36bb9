"""What a worker does beside live broadcasts: batches and re-analyses of customers, replays of people, evidence sent to
its storage, and second readings of what is in doubt."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from claims.policy.policy import Policy
from cli.config.enforcement import evidence_setup
from cli.config.reading_again import reading_again
from cli.config.replays import replay_job
from cli.config.settings import Settings
from cluster.batch.background import BatchRunner, BatchSetup
from cluster.learning.schedule import FitRunner
from cluster.learning.shadow import ShadowRunner
from cluster.learning.spot_checks import SpotRunner, SpotTerms
from cluster.reanalysis.background import ReanalysisRunner
from cluster.reanalysis.types import ReanalysisJob
from cluster.replay.background import ReplayRunner
from cluster.stages.policies import LoadedPolicies
from review.stores import Stores


@contextmanager
def background_jobs(settings: Settings, *, processes: int = 1, on_ray: bool = False) -> Iterator[None]:
    """Works on batches, re-analyses and replays, and reads again what is in doubt, while the block lasts.

    What is in work then is left for whoever looks next. `processes`: how many a batch may take at once. `on_ray`: a
    Ray runs, on which a language model may have an actor.
    """
    data_dir = settings.data_dir.absolute()
    stores = Stores.open(settings.store_url, evidence=evidence_setup(settings))
    policy_dir = Path(settings.policy_dir).absolute() if settings.policy_dir else None
    worker_id = f"{socket.gethostname()}-{os.getpid()}"
    setup = BatchSetup(
        data_dir=data_dir,
        values=settings.job_values() | {"data_dir": data_dir},
        allow_net=settings.allow_net,
        policy_dir=policy_dir,
        workers=processes,
    )
    batches = BatchRunner(stores.batches, worker_id, setup)
    again = ReanalysisJob(
        database_url=settings.store_url, data_dir=data_dir, values=settings.job_values(), policy_dir=policy_dir
    )
    reanalyses = ReanalysisRunner(stores.reanalyses, worker_id, again)
    replays = ReplayRunner(stores.replays, stores.policies, data_dir, lambda candidate: replay_job(settings, candidate))
    shadow = ShadowRunner(stores.learning, stores.policies, data_dir, lambda candidate: replay_job(settings, candidate))
    spots = SpotRunner(
        stores.golden,
        stores.spots,
        SpotTerms(share=settings.spot_share, a_day=settings.spot_a_day, golden=settings.golden_share),
        lambda: settings.policy_folder,
        lambda live: replay_job(settings, live),
    )
    fits = FitRunner(
        stores.learning,
        settings.learning_every_hours,
        lambda: replay_job(settings, settings.policy_folder),
        across=settings.learning_across_tenants,
    )
    keeper = stores.evidence_keeper()
    keeper.start()
    batches.start()
    reanalyses.start()
    replays.start()
    shadow.start()
    spots.start()
    fits.start()
    laws = LoadedPolicies()

    def in_force() -> Policy:
        return laws.policy(settings.policy_folder)

    try:
        with reading_again(settings, in_force, on_ray=on_ray):
            yield
    finally:
        keeper.close()
        batches.close()
        reanalyses.close()
        replays.close()
        shadow.close()
        spots.close()
        fits.close()
        stores.close()

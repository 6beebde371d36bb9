"""`zhenyan worker`: carries the broadcasts that are ordered, on this machine's Ray or a cluster's."""

import os
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy.exc import SQLAlchemyError

import configs
from claims.classifier.opening import prepare_reader
from cli.config.sandbox_notice import sandbox_notice
from cli.config.settings import Settings, load_settings
from cli.shell.folders import make_data_folder
from cli.shell.options import config_option
from cli.shell.records import InputError
from review.scheduling.leases import LeaseStore
from review.scheduling.types import Worker
from review.stores import Stores

if TYPE_CHECKING:
    from cluster.live.types import ServiceConfig
    from cluster.ray.dispatcher import DispatcherSettings
    from cluster.ray.hosting import Hosting

_POLL_S = 1.0


@click.command(name="worker")
@click.option("--capacity", metavar="N", type=click.IntRange(1, 10_000), help="How many broadcasts this carries.")
@click.option("--drain", is_flag=True, help="Ask this machine's worker to hand over what it carries; wait for it.")
@config_option
def command(capacity: int | None, drain: bool, config_file: Path | None) -> None:
    """Record and screen the broadcasts that are ordered, until interrupted.

    Starts Ray on this machine, or joins the cluster of RAY_ADDRESS, and sees to it that its actors are there. Ctrl-C or
    SIGTERM hands over what is carried to other machines, where there are any, and ends everything that was started.

    \b
    Example:
      zhenyan worker --capacity 6
      zhenyan worker --drain
    """
    settings = load_settings(config_file)
    make_data_folder(settings.data_dir)
    if notice := sandbox_notice(settings):
        click.echo(notice, err=True)
    stores = Stores.open(settings.store_url, terms=settings.lease_terms)
    try:
        if drain:
            _drain(stores.leases)
        else:
            _work(settings, stores.leases, capacity or settings.worker_places)
    finally:
        stores.close()


def _work(settings: Settings, leases: LeaseStore, places: int) -> None:
    from asr.engines.registry import fetch
    from cli.config.background_jobs import background_jobs
    from cluster.ray.actors import ServiceActorFactory
    from cluster.ray.dispatcher import DispatcherSettings
    from cluster.ray.hosting import hosting
    from cluster.ray.launcher import RayLauncher
    from cluster.ray.session import running_ray
    from cluster.scheduler.types import Staffing

    config = service_config(settings, places)
    if not os.environ.get("RAY_ADDRESS"):
        # An actor that can't start is told of in Ray's logs; looked for here, missing weights name themselves.
        fetch(settings.asr_model, settings.models_folder)
        prepare_reader(settings.semantic, configs.SEMANTIC_DIR, settings.models_folder)
    launcher = RayLauncher(factory=ServiceActorFactory(config))
    staffing = Staffing(
        shards=settings.worker_shards,
        hearing=settings.worker_hearing,
        reading=settings.worker_reading,
        free_share=settings.worker_free_share,
    )
    dispatcher_settings = DispatcherSettings(
        database_url=settings.store_url,
        launcher=launcher,
        staffing=staffing,
        terms=leases.terms,
        logs_dir=config.data_dir / "logs",
    )
    with (
        running_ray(),
        hosting(dispatcher_settings, launcher, leases, settings.worker_hand_over_s) as here,
        background_jobs(settings, on_ray=True),
    ):
        click.echo(_carried(here.node.host, here.workers(), dispatcher_settings))
        try:
            _wait(here)
            how = "drained"
        except KeyboardInterrupt:
            how = "handed over and ended"
    click.echo(f"worker on {here.node.host}: {how}")


def service_config(settings: Settings, places: int) -> "ServiceConfig":
    """The settings as the service's actors take them; `places` of the whole machine, 0: as measured."""
    from cluster.live.types import ServiceConfig

    return ServiceConfig(
        job={name: value for name, value in settings.job_values().items() if name not in ("data_dir", "database_url")},
        database_url=settings.store_url,
        data_dir=settings.data_dir.absolute(),
        policy_dir=Path(settings.policy_dir).absolute() if settings.policy_dir else None,
        allow_net=settings.allow_net,
        places=places / settings.worker_shards,
        shards=settings.worker_shards,
        frames_bytes=settings.worker_frames_mb * 1_000_000,
        recycle_s=settings.worker_recycle_hours * 3_600,
        recycle_bytes=round(settings.worker_recycle_gb * 1_000_000_000),
        lagging_ms=settings.lease_terms.lagging_ms,
        trace_url=settings.trace_url,
    )


def _carried(host: str, workers: Sequence[Worker], dispatcher_settings: "DispatcherSettings") -> str:
    """What this machine carries, in one line."""
    places = sum(int(worker.capacity) for worker in workers)
    why = next((f" ({worker.why})" for worker in workers if worker.why), "")
    staffing = dispatcher_settings.staffing
    actors = f"{staffing.shards} shard(s), {staffing.hearing} hearing and {staffing.reading} reading pool(s)"
    return f"worker on {host}: carries up to {places} broadcasts{why}; {actors}"


def _wait(here: "Hosting") -> None:
    """Returns once the machine was drained and emptied; what interrupts it ends it earlier."""
    while True:
        time.sleep(_POLL_S)
        try:
            if here.is_emptied():
                return
        except SQLAlchemyError:
            continue  # the dispatcher says so, and goes on when the database is back


def _drain(leases: LeaseStore) -> None:
    """Drains every worker on this machine; InputError where there is none, or nobody else could take over."""
    host = socket.gethostname()
    mine = _of(host, leases.workers())
    if not mine:
        raise InputError(f"machine {host}: no worker is running here; there is nothing to drain")
    for node in sorted({worker.node for worker in mine}):
        leases.drain(node)
    nodes = {worker.node for worker in mine}
    shown = -1
    while (held := _held(leases, host)) > 0:
        young_ms = time.time_ns() // 1_000_000 - leases.terms.beat_ms
        if not any(w.node not in nodes and not w.draining and w.beat_at_ms > young_ms for w in leases.workers()):
            raise InputError(
                f"machine {host}: {held} of its broadcasts stay, for no other worker is running;"
                " stop this one and they wait until one starts"
            )
        if sys.stderr.isatty() and held != shown:
            click.echo(f"still here: {held}", err=True)
            shown = held
        time.sleep(_POLL_S)
    click.echo(f"worker on {host}: drained")


def _of(host: str, workers: Sequence[Worker]) -> tuple[Worker, ...]:
    return tuple(worker for worker in workers if worker.node.rpartition(":")[0] == host)


def _held(leases: LeaseStore, host: str) -> int:
    mine = {worker.worker_id for worker in _of(host, leases.workers())}
    return sum(1 for lease in leases.snapshot().leases.values() if lease.worker_id in mine)

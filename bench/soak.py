"""Six accelerated days: broadcasts that come and go, faults from a seed, and what must hold all the way through.

The dispatcher, the leases, the store, the events and the sender of webhooks are the real ones; the engines only take
time. A day's rhythm is pressed into a sixth of the run; terms of leases and of deliveries are shortened, as they stand
in `TERMS`, and segments are of one second.
"""

import contextlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from bench.soak_faults import Lift, Stage, dispatcher_pid, worker_pids
from bench.soak_parts import LOOPBACK, SoakActorFactory, open_stores, start_sender
from bench.soak_plan import Airing, FaultKind, Plan, plan_of
from bench.soak_watch import OVER, Look, Meters, log_of, look_at, numbered, wrong_with_events
from bench.stress import database
from bench.stress_run import Load, end_all, until
from bench.stress_shard import Simulation
from bench.webhook_receiver import Receiver, receiving
from cli.shell.benchmark_report import print_report, report_json
from cli.shell.tables import open_console
from cluster.ray.dispatcher import DispatcherSettings, ensure_dispatcher
from cluster.ray.launcher import RayLauncher
from cluster.ray.session import running_ray
from cluster.scheduler.types import Staffing
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.orders import NewOrder, NoRoomLeft
from review.scheduling.types import Priority
from review.stores import Stores
from review.streams.types import Host, StreamRecord, StreamState

TENANT = "soak"
TERMS = LeaseTerms(
    lease_ms=9_000, beat_ms=6_000, recall_ms=5_000, settled_ms=10_000, longest_wait_ms=8_000, urgent_share=0.1
)
_SHARDS, _PLACES = 2, 24
_AT_ONCE = 14
_START_S, _PATIENCE_S = 180.0, 300.0
_TURN_S, _LOOK_S = 0.25, 5.0
# What the run finds wrong while a fault lasts may be the fault's; it is looked at again so often before it is told.
_AGAIN = 3


@dataclass(slots=True)
class _OnAir:
    airing: Airing
    stream_id: str
    began_s: float
    is_stopped: bool = False


@dataclass
class Soak:
    """A run as it goes; `wrong`: what did not hold, in words, with the second of the run."""

    plan: Plan
    sim: Simulation
    stores: Stores
    stage: Stage
    on_air: dict[str, _OnAir] = field(default_factory=dict)
    looks: dict[str, Look] = field(default_factory=dict)
    meters: Meters = field(default_factory=Meters)
    wrong: list[str] = field(default_factory=list)
    refused: int = 0
    began_s: float = field(default_factory=time.monotonic)

    @property
    def at_s(self) -> float:
        """The second of the run."""
        return time.monotonic() - self.began_s

    def go(self) -> None:
        """Lets happen all that is planned, looks meanwhile, and waits until everything is over and told."""
        striking = threading.Thread(target=self._strike, daemon=True)
        looking = threading.Thread(target=self._watch, daemon=True)
        striking.start()
        looking.start()
        waiting = list(self.plan.airings)
        while self.at_s < self.plan.seconds or striking.is_alive():
            self._turn(waiting)
            time.sleep(_TURN_S)
        striking.join()
        until(_PATIENCE_S, lambda: not self._turn([]) and not self.on_air)
        self._compare_at_last()
        looking.join()

    def _turn(self, waiting: list[Airing]) -> bool:
        """Orders what is due, stops what is to be stopped, notes what is over; whether anything is still on air."""
        with _away_for_a_while():
            while waiting and waiting[0].at_s <= self.at_s:
                self._order(waiting[0])
                waiting.pop(0)
            for one in list(self.on_air.values()):
                self._follow(one)
        return bool(self.on_air)

    def _order(self, airing: Airing) -> None:
        number = len(self.looks) + len(self.on_air)
        host = Host(id=f"{TENANT}/h{number % 40}", name=f"主播{number % 40}", platform="simulated")
        record = StreamRecord(stream_id="", source="", host=host, title=str(number), started_at=None, tenant_id=TENANT)
        priority = Priority.URGENT if airing.is_urgent else Priority.NORMAL
        new = NewOrder(stream=record, url=f"simulated://{number}", priority=priority, max_ms=airing.lasts_s * 1_000)
        try:
            stream_id = self.stores.orders.place(new, lambda connection, journal: [], "soak")[0]
        except NoRoomLeft:
            self.refused += 1
            return
        self.on_air[stream_id] = _OnAir(airing, stream_id, self.at_s)

    def _follow(self, one: _OnAir) -> None:
        stop_s = one.airing.stopped_after_s
        if stop_s is not None and not one.is_stopped and self.at_s - one.began_s > stop_s:
            self.stores.orders.stop(one.stream_id, "soak")
            one.is_stopped = True
        state = self.stores.streams.stream(one.stream_id).state
        if state not in OVER:
            return
        lasts = None if one.is_stopped else one.airing.lasts_s
        look = look_at(self.stores, self.sim, one.stream_id, is_over=True, lasts=lasts)
        self.looks[one.stream_id] = look
        self.on_air.pop(one.stream_id)
        self._note(one.stream_id, look.wrong)
        if state is StreamState.FAILED:
            self._note(one.stream_id, [f"failed: {self.stores.streams.stream(one.stream_id).error}"])

    def _strike(self) -> None:
        for fault in self.plan.faults:
            time.sleep(max(0.0, fault.at_s - self.at_s))
            try:
                lift: Lift = self.stage.strike(fault)
                time.sleep(fault.lasts_s)
                lift()
            except Exception as error:  # at the thread's edge: a fault that can't be struck proves nothing
                self._note(fault.kind.value, [f"could not be struck: {type(error).__name__}: {error}"])

    def _watch(self) -> None:
        """Looks at what is on air and at every process, from time to time."""
        until_s = self.plan.seconds
        while self.at_s < until_s:
            for stream_id in list(self.on_air):
                with _away_for_a_while():
                    self._look_again(stream_id)
            for name, pid in worker_pids().items():
                self.meters.note(name, pid)
            if self.stage.sender is not None:
                self.meters.note("sender", self.stage.sender.pid)
            if (process := dispatcher_pid()) is not None:
                self.meters.note("dispatcher", process)
            time.sleep(_LOOK_S)

    def _look_again(self, stream_id: str) -> None:
        for _ in range(_AGAIN):
            wrong = look_at(self.stores, self.sim, stream_id, is_over=False).wrong
            if not wrong or stream_id not in self.on_air:
                return
        self._note(stream_id, wrong)

    def _compare_at_last(self) -> None:
        """Waits until every event is delivered, and compares what was with what stands in the database."""
        self._note(
            "", [f"{stream_id} is {self.stores.streams.stream(stream_id).state.value}" for stream_id in self.on_air]
        )
        until(
            _PATIENCE_S,
            lambda: all(event.id in self.stage.receiver.accepted for event in log_of(self.stores, TENANT)),
        )
        for stream_id in self.looks:
            self._note(stream_id, look_at(self.stores, self.sim, stream_id, is_over=True).wrong)
        found = sum(look.findings for look in self.looks.values())
        self._note("events", wrong_with_events(log_of(self.stores, TENANT), self.stage.receiver, found))
        self._note("growth", self.meters.wrong())
        broken = self.stores.audit.verify()
        self._note("audit", [] if broken is None else [str(broken)])

    def _note(self, whose: str, wrong: Iterator[str] | list[str] | tuple[str, ...]) -> None:
        self.wrong += [f"second {self.at_s:.0f}: {whose}: {what}" for what in wrong]

    def rows(self) -> list[dict[str, object]]:
        """What came of it, as the bench prints it."""
        looks = self.looks.values()
        total: dict[str, object] = {
            "table": "soak",
            "broadcasts": len(looks),
            "refused for want of places": self.refused,
            "segments": sum(look.segments for look in looks),
            "shed": sum(look.dropped for look in looks),
            "moves": sum(look.moves for look in looks),
            "findings": sum(look.findings for look in looks),
            "events": len(self.stage.receiver.accepted),
            "requests": self.stage.receiver.count,
            "faults": sum(self.stage.struck.values()),
            "seconds": round(self.at_s),
            "wrong": len(self.wrong),
        }
        struck: list[dict[str, object]] = [
            {"table": "faults", "fault": kind.value, "struck": self.stage.struck.get(kind, 0)} for kind in FaultKind
        ]
        grown: list[dict[str, object]] = [
            {"table": "growth", "process": name, "rss_early_mb": a, "rss_late_mb": b, "files_early": c, "files_late": d}
            for name, (a, b, c, d) in self.meters.judged().items()
        ]
        return [total, *struck, *grown]


@contextlib.contextmanager
def _away_for_a_while() -> Iterator[None]:
    """Goes on where the database is away, as whoever asks it must."""
    with contextlib.suppress(SQLAlchemyError):
        yield


def _end_sender(stage: Stage) -> None:
    if stage.sender is not None:
        stage.sender.kill()
        stage.sender.wait()


def soak(kind: str, seconds: float, seed: int) -> Soak:
    """A whole run on a fresh database of this kind."""
    sim_load = Load(streams=_PLACES, seconds=0, shards=_SHARDS, places=_PLACES, terms=TERMS)
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(database(kind, durable=True))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sim = Simulation(database_url=url, capacity=0, engine_ms=5, finding_every=4, terms=TERMS)
        stores = open_stores(url, folder)
        stack.callback(stores.close)
        stores.keys.add_tenant(TENANT, "", "soak")
        receiver = stack.enter_context(receiving(Receiver(failing=0)))
        stores.webhooks.add(TENANT, receiver.url, [], LOOPBACK, "soak")
        stage = Stage(url=url, folder=folder, receiver=receiver, sender=start_sender(url, folder))
        stack.callback(_end_sender, stage)
        # Workers that give way to everything else would be late for that alone.
        os.environ.setdefault("RAY_worker_niceness", "0")
        stack.enter_context(running_ray())
        stack.callback(end_all)
        launcher = RayLauncher(factory=SoakActorFactory(simulation=sim, load=sim_load, folder=folder), grace_s=10)
        staffing = Staffing(shards=_SHARDS, hearing=0, reading=0)
        ensure_dispatcher(DispatcherSettings(database_url=url, launcher=launcher, staffing=staffing, terms=TERMS))
        until(_START_S, lambda: len(stores.leases.workers()) == _SHARDS)
        plan = plan_of(seed, seconds, at_once=_AT_ONCE, kinds=stage.kinds)
        run = Soak(plan=plan, sim=sim, stores=stores, stage=stage)
        run.go()
        return run


def run(quick: bool = False) -> list[dict[str, object]]:
    """Half an hour on either database; quick: half a minute on SQLite."""
    runs = {"sqlite": 30.0} if quick else {"sqlite": 1_800.0, "postgresql": 1_800.0}
    return [{"database": kind} | row for kind, seconds in runs.items() for row in soak(kind, seconds, 28).rows()]


@click.command(name="soak")
@click.option("--minutes", type=click.FloatRange(0.2), default=30.0, show_default=True, help="How long six days take.")
@click.option("--seed", type=int, default=28, show_default=True, help="Of what happens, and when.")
@click.option("--database", "kind", type=click.Choice(["sqlite", "postgresql"]), default="sqlite", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(minutes: float, seed: int, kind: str, as_json: bool) -> None:
    """Six accelerated days of broadcasts with faults; fail where anything is lost, doubled, untold, or grows.

    \b
    Example:
      zhenyan bench soak --minutes 180 --database postgresql
    """
    # A run that is long is worth more if what it prints says by which seed it can be had again.
    click.echo(f"zhenyan: soak: seed {seed}, {minutes:g} minutes, {kind}, load {os.getloadavg()[0]:.1f}", err=True)
    # Ray tells on standard output of every worker that died, as many do here.
    with contextlib.redirect_stdout(sys.stderr):
        done = soak(kind, minutes * 60, seed)
    rows: list[dict[str, object]] = [{"database": kind, "seed": seed} | row for row in done.rows()]
    if as_json:
        click.echo(report_json("soak", rows))
    else:
        print_report("soak", rows, open_console())
    for line in numbered(done.wrong):
        click.echo(f"zhenyan: soak: {line}", err=True)
    if done.wrong:
        sys.exit(1)

"""The service's figures for Prometheus, read from the database: any server process tells of all workers."""

from collections.abc import Callable, Iterator

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from review.errors import Forbidden
from review.scheduling.latencies import read_latencies
from review.scheduling.overview import LiveView, WatchedStream
from review.scheduling.worker_figures import FIGURES
from review.second_reader.types import Figures
from review.server.auth.access import is_loopback
from review.server.auth.guard import same_secret
from review.server.routers import new_router
from review.streams.types import Tally

_S = 1000


class ServiceFigures(Collector):
    """Reads the figures anew for each scrape."""

    def __init__(self, view: Callable[[], LiveView], tally: Callable[[], Tally], second: Callable[[], Figures]) -> None:
        self._view = view
        self._tally = tally
        self._second = second

    def collect(self) -> Iterator[Metric]:
        """Broadcasts, workers, findings."""
        view = self._view()
        yield from _streams(view)
        yield from _workers(view)
        yield from _stages(view)
        tally = self._tally()
        found = CounterMetricFamily(
            "zhenyan_findings", "Findings stored, by what becomes of them.", labels=["disposition"]
        )
        for disposition, count in tally.by_disposition.items():
            found.add_metric([disposition.value], count)
        yield found
        queued = CounterMetricFamily("zhenyan_flags", "Findings for the queue, by verdict.", labels=["verdict"])
        for verdict, count in tally.by_verdict.items():
            queued.add_metric([verdict.value], count)
        yield queued
        yield from _second_reader(self._second())


def _second_reader(figures: Figures) -> Iterator[Metric]:
    asked = CounterMetricFamily(
        "zhenyan_second_reader_questions", "Findings in doubt, by what became of the question.", labels=["outcome"]
    )
    for outcome, count in figures.outcomes.items():
        asked.add_metric([outcome], count)
    yield asked
    tokens = CounterMetricFamily("zhenyan_second_reader_tokens", "Tokens of the second reader.", labels=["direction"])
    tokens.add_metric(["in"], figures.tokens_in)
    tokens.add_metric(["out"], figures.tokens_out)
    yield tokens
    cost = CounterMetricFamily("zhenyan_second_reader_cost", "What they cost, by the prices of the settings.")
    cost.add_metric([], figures.cost)
    yield cost


def _streams(view: LiveView) -> Iterator[Metric]:
    states = GaugeMetricFamily("zhenyan_streams", "Ordered broadcasts, by state.", labels=["state"])
    for state, count in view.states.items():
        states.add_metric([state.value], count)
    yield states
    gaps = CounterMetricFamily(
        "zhenyan_gap_seconds", "Broadcast that was not analysed, by why; settled.", labels=["kind"]
    )
    for kind, missed_ms in view.gaps_ms.items():
        gaps.add_metric([kind.value], missed_ms / _S)
    yield gaps
    unplaced = GaugeMetricFamily("zhenyan_streams_unplaced", "Broadcasts that should run and that nobody works on.")
    unplaced.add_metric([], sum(not stream.worker_id for stream in view.streams))
    yield unplaced
    each: tuple[tuple[str, str, Callable[[WatchedStream], float | None]], ...] = (
        ("zhenyan_stream_lag_seconds", "How far the analysis is behind the broadcast.", lambda s: s.lag_ms / _S),
        (
            "zhenyan_stream_interrupted_seconds",
            "For how long the broadcast has been on air and nobody records it.",
            lambda s: s.interrupted_ms / _S,
        ),
        ("zhenyan_stream_recorded_seconds", "How much of the broadcast was recorded.", lambda s: s.recorded_ms / _S),
        (
            "zhenyan_stream_beat_age_seconds",
            "How long ago the broadcast's worker last told of it.",
            lambda s: (view.at_ms - s.beat_at_ms) / _S if s.beat_at_ms else None,
        ),
        (
            "zhenyan_stream_coverage_ratio",
            "The share of the broadcast that was really analysed.",
            lambda s: s.coverage,
        ),
        (
            "zhenyan_stream_failures",
            "How often the work on the broadcast failed since it last went well.",
            lambda s: s.restarts,
        ),
    )
    for name, text, value_of in each:
        family = GaugeMetricFamily(name, text, labels=["stream_id"])
        for stream in view.streams:
            if (value := value_of(stream)) is not None:
                family.add_metric([stream.stream_id], value)
        yield family


def _workers(view: LiveView) -> Iterator[Metric]:
    silent = GaugeMetricFamily(
        "zhenyan_workers_silent", "Workers that tell nothing of themselves any more and never said that they leave."
    )
    silent.add_metric([], view.silent_workers)
    yield silent
    labels = ["worker_id", "node"]
    capacity = GaugeMetricFamily("zhenyan_worker_capacity_streams", "Broadcasts that it can carry.", labels=labels)
    carried = GaugeMetricFamily("zhenyan_worker_carried_streams", "Broadcasts that it carries.", labels=labels)
    draining = GaugeMetricFamily("zhenyan_worker_draining", "1 while it gives its broadcasts back.", labels=labels)
    age = GaugeMetricFamily("zhenyan_worker_beat_age_seconds", "How long ago it last told of itself.", labels=labels)
    for worker in view.workers:
        own = [worker.worker_id, worker.node]
        capacity.add_metric(own, worker.capacity)
        carried.add_metric(own, view.carried(worker.worker_id))
        draining.add_metric(own, worker.draining)
        age.add_metric(own, (view.at_ms - worker.beat_at_ms) / _S)
    yield from (capacity, carried, draining, age)
    for figure in FIGURES:
        kind = CounterMetricFamily if figure.grows else GaugeMetricFamily
        family = kind(figure.metric, figure.help, labels=labels)
        for worker in view.workers:
            value = worker.figures.get(figure.key)
            if isinstance(value, int | float):
                family.add_metric([worker.worker_id, worker.node], value * figure.scale)
        yield family


def _stages(view: LiveView) -> Iterator[Metric]:
    """How long each stage took with segments, as workers told it with their beats."""
    family = HistogramMetricFamily(
        "zhenyan_stage_seconds",
        "How long a stage took with a segment; segment: from its arrival until what it gave was stored.",
        labels=["stage", "worker_id", "node"],
    )
    for worker in view.workers:
        for stage, latency in read_latencies(worker.figures).items():
            family.add_metric([stage, worker.worker_id, worker.node], latency.cumulative(), latency.sum_s)
    yield family


def metrics_router(
    view: Callable[[], LiveView],
    tally: Callable[[], Tally],
    second: Callable[[], Figures],
    token: str = "",
    latencies: CollectorRegistry | None = None,
) -> APIRouter:
    """`GET /metrics`: for this machine, and for whoever sends the token (`Authorization: Bearer`), where one is set."""
    router = new_router()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ServiceFigures(view, tally, second))

    async def may_scrape(request: Request) -> None:
        sent = request.headers.get("authorization", "").removeprefix("Bearer ")
        here = request.client is not None and is_loopback(request.client.host)
        if not here and not (token and same_secret(sent, token)):
            raise Forbidden("figures are for this machine; set metrics_token and send it as a bearer token")

    may_scrape.is_guard = True  # type: ignore[attr-defined]

    @router.get("/metrics", dependencies=[Depends(may_scrape)], include_in_schema=False)
    def metrics() -> Response:
        """The figures in Prometheus' text format."""
        exposition = generate_latest(registry) + (b"" if latencies is None else generate_latest(latencies))
        return Response(exposition, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return router

"""What a worker measures of itself and tells with each beat: the names, and what they mean."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of a worker: its key in `Worker.figures`, its name for Prometheus, whether it only grows, and what
    it is multiplied by for its unit."""

    key: str
    metric: str
    help: str
    grows: bool = False
    scale: float = 1


FIGURES = (
    Figure(
        key="hearing_wait_s",
        metric="zhenyan_worker_hearing_wait_seconds",
        help="How long a segment's speech waits to be recognised, smoothed.",
    ),
    Figure(
        key="reading_wait_s",
        metric="zhenyan_worker_reading_wait_seconds",
        help="How long a segment's pictures wait to be read, smoothed.",
    ),
    Figure(
        key="work_ratio",
        metric="zhenyan_worker_work_ratio",
        help="Seconds of work on a second of one broadcast, from segment to stored, smoothed; above 1 it falls behind.",
    ),
    Figure(
        key="cores_per_stream",
        metric="zhenyan_worker_cores_per_stream",
        help="What part of a core a broadcast takes, as tried at the worker's start; 0 where its places are set.",
    ),
    Figure(key="lagging", metric="zhenyan_worker_lagging_streams", help="Broadcasts whose lag grew past the limit."),
    Figure(
        key="worst_lag_ms",
        metric="zhenyan_worker_worst_lag_seconds",
        help="The most that a broadcast's lag has grown past the limit.",
        scale=0.001,
    ),
    Figure(
        key="frames_in_hand_bytes",
        metric="zhenyan_worker_frames_in_hand_bytes",
        help="Pictures between decoding and reading; bounded by credits.",
    ),
    Figure(
        key="stages_lost",
        metric="zhenyan_worker_stages_lost_total",
        help="Times that broadcasts were taken up again from a checkpoint because a stage was lost.",
        grows=True,
    ),
    Figure(
        key="decoder_deaths",
        metric="zhenyan_worker_decoder_deaths_total",
        help="Decoding processes that died; a segment is decoded again after each.",
        grows=True,
    ),
    Figure(
        key="capture_deaths",
        metric="zhenyan_worker_capture_deaths_total",
        help="Capturing processes that died and were started again.",
        grows=True,
    ),
    Figure(key="memory_bytes", metric="zhenyan_worker_memory_bytes", help="Memory of the worker's own process."),
)

"""What a worker measures of itself and tells with each beat: the names, and what they mean."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of a worker: its key in `Worker.figures`, its name for Prometheus, and whether it only grows."""

    key: str
    metric: str
    help: str
    grows: bool = False


FIGURES = (
    Figure(
        key="hearing_delay_s",
        metric="zhenyan_worker_hearing_queue_delay_seconds",
        help="How long speech waits for recognition, median of the last minute.",
    ),
    Figure(
        key="reading_delay_s",
        metric="zhenyan_worker_reading_queue_delay_seconds",
        help="How long pictures wait to be read, median of the last minute.",
    ),
    Figure(
        key="hearing_rtf",
        metric="zhenyan_worker_hearing_real_time_ratio",
        help="Processor seconds that recognition costs for a second of speech.",
    ),
    Figure(
        key="reading_rtf",
        metric="zhenyan_worker_reading_real_time_ratio",
        help="Processor seconds that reading costs for a second of broadcast.",
    ),
    Figure(
        key="shed_s",
        metric="zhenyan_worker_shed_seconds_total",
        help="Seconds of picture that were left out on purpose; speech never is.",
        grows=True,
    ),
    Figure(
        key="redecodes",
        metric="zhenyan_worker_redecodes_total",
        help="Pieces of speech that were recognised again because the first answer repeated itself.",
        grows=True,
    ),
    Figure(
        key="stage_restarts",
        metric="zhenyan_worker_stage_restarts_total",
        help="Times that streams were taken up again from a checkpoint because a stage had died.",
        grows=True,
    ),
    Figure(
        key="segments",
        metric="zhenyan_worker_segments_total",
        help="Segments whose results were stored.",
        grows=True,
    ),
    Figure(key="rss_bytes", metric="zhenyan_worker_resident_bytes", help="Memory of the worker and its children."),
)

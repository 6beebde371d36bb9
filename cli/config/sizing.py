"""What so many broadcasts take, by measured figures: machines, disk, database, money, what gives first."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from claims.policy.files import read_policy_file
from claims.types import Frozen

_DAY_S = 86_400
_HOUR_S = 3_600


class Figure(Frozen):
    """A figure and where it is from: a command with its machine, or an assumption."""

    value: Annotated[float, Field(gt=0)]
    command: str = ""
    machine: str = ""
    assumed: str = ""

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if bool(self.assumed) == bool(self.command and self.machine):
            raise ValueError("name the command and the machine, or what is assumed")
        return self


class Figures(Frozen):
    """Per broadcast on air: cores, MB, Mbit/s; `tried_streams`: the most carried in one run, none lost."""

    capture_cores: Figure
    sight_cores: Figure
    speech_cores: Figure
    judging_ms_per_passage: Figure
    passages_per_second: Figure
    bitrate_mbit: Figure
    segment_seconds: Figure
    capture_memory_mb: Figure
    decode_memory_mb: Figure
    recognition_memory_mb_per_core: Figure
    machine_memory_mb: Figure
    serve_memory_mb: Figure
    row_kb_per_segment: Figure
    row_kb_per_finding: Figure
    statements_per_segment: Figure
    database_segments_per_second: Figure
    database_findings_per_second: Figure
    tried_streams: Figure


class _File(Frozen):
    figures: Figures


def read_figures(path: Path) -> Figures:
    """The figures of a file; PolicyError, with the line, for one that is none."""
    return read_policy_file(path, _File).figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """A month of a core, a GB of memory, a TB of disk, a GPU, and a TB received; whatever the currency."""

    core: float
    memory_gb: float
    disk_tb: float
    gpu: float
    received_tb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What is to be carried: broadcasts on air at the same time, for so many hours of each day.

    `findings_per_hour`: of one broadcast. `keep_days`: how long recordings stay. `load`: what part of a core may be
    taken. `streams_per_gpu`: for how many broadcasts one of your GPUs hears, as you measured it; 0: CPUs hear.
    """

    streams: int
    hours: float = 24.0
    findings_per_hour: float = 6.0
    keep_days: float = 3.0
    load: float = 0.7
    machine_cores: int = 16
    machine_gbit: float = 10.0
    streams_per_gpu: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What is asked of a part, and the most that was seen of it; `used` above 1: it gives before the rest."""

    part: str
    asked: float
    most: float
    what_then: str

    @property
    def used(self) -> float:
        """The share that is taken."""
        return self.asked / self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What it takes. Memory in GB, disk in TB (`rows_gb_a_day`: the database's), network in Gbit/s.

    `limits`: what gives first stands first.
    """

    streams: int
    cores: int
    machines: int
    gpus: int
    memory_gb: int
    recorded_tb_a_day: float
    disk_tb: float
    rows_gb_a_day: float
    network_gbit: float
    segments_per_s: float
    findings_per_s: float
    statements_per_s: float
    money_a_month: int
    limits: tuple[Limit, ...]


def size(workload: Workload, figures: Figures, prices: Prices) -> Size:
    """What this workload takes by these figures."""
    hearing = 0.0 if workload.streams_per_gpu else figures.speech_cores.value
    judging = figures.passages_per_second.value * figures.judging_ms_per_passage.value / 1000
    each = (figures.capture_cores.value + figures.sight_cores.value + hearing + judging) / workload.load
    cores = math.ceil(workload.streams * each)
    machines = max(
        math.ceil(cores / workload.machine_cores),
        math.ceil(workload.streams * figures.bitrate_mbit.value / 1000 / (workload.machine_gbit * workload.load)),
    )
    gpus = math.ceil(workload.streams / workload.streams_per_gpu) if workload.streams_per_gpu else 0
    hearing_cores = math.ceil(workload.streams * hearing / workload.load)
    memory_mb = (
        workload.streams * (figures.capture_memory_mb.value + figures.decode_memory_mb.value)
        + hearing_cores * figures.recognition_memory_mb_per_core.value
        + machines * figures.machine_memory_mb.value
        + figures.serve_memory_mb.value
    )
    bytes_per_s = figures.bitrate_mbit.value * 1e6 / 8
    recorded_tb = workload.streams * bytes_per_s * workload.hours * _HOUR_S / 1e12
    segments = workload.streams / figures.segment_seconds.value
    findings = workload.streams * workload.findings_per_hour / _HOUR_S
    share_of_day = workload.hours * _HOUR_S / _DAY_S
    rows_kb = segments * figures.row_kb_per_segment.value + findings * figures.row_kb_per_finding.value
    disk_tb = recorded_tb * workload.keep_days
    memory_gb = math.ceil(memory_mb / 1000)
    money = (
        machines * workload.machine_cores * prices.core
        + memory_gb * prices.memory_gb
        + disk_tb * prices.disk_tb
        + gpus * prices.gpu
        + recorded_tb * 30 * prices.received_tb
    )
    return Size(
        streams=workload.streams,
        cores=cores,
        machines=machines,
        gpus=gpus,
        memory_gb=memory_gb,
        recorded_tb_a_day=recorded_tb,
        disk_tb=disk_tb,
        rows_gb_a_day=rows_kb * share_of_day * _DAY_S / 1e6,
        network_gbit=workload.streams * figures.bitrate_mbit.value / 1000,
        segments_per_s=segments,
        findings_per_s=findings,
        statements_per_s=segments * figures.statements_per_segment.value,
        money_a_month=math.ceil(money),
        limits=tuple(sorted(_limits(workload, figures, segments, findings), key=lambda limit: -limit.used)),
    )


def _limits(workload: Workload, figures: Figures, segments: float, findings: float) -> tuple[Limit, ...]:
    """Parts of which there is one, however many machines there are."""
    return (
        Limit(
            part="segments stored a second",
            asked=segments,
            most=figures.database_segments_per_second.value,
            what_then="a database server with more than the two cores that were measured, or a database for each half",
        ),
        Limit(
            part="findings stored a second",
            asked=findings,
            most=figures.database_findings_per_second.value,
            what_then="findings are numbered one transaction after the other: a database for each half",
        ),
        Limit(
            part="broadcasts of one dispatcher",
            asked=workload.streams,
            most=figures.tried_streams.value,
            what_then="more were not tried with one dispatcher: a cluster for each half",
        ),
    )

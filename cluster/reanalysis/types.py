"""With what recordings are analysed again, and what that gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cluster.errors import ClusterError
from review.reanalyses.types import Compared


class ReanalysisUnusable(ClusterError):
    """What was ordered can't be done, however often it is tried; the customer can act."""

    exit_code = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ReanalysisJob:
    """Plain values only. `values`: what every screening takes from the settings. `policy_dir`: the policy that these
    name; None: the one that went live, or else the packaged one."""

    database_url: str = field(repr=False)
    data_dir: Path
    values: Mapping[str, Any] = field(repr=False)
    policy_dir: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reanalysed:
    """What a re-analysis gave; `missing_ms`: how much of the stretch is not recorded any more."""

    compared: tuple[Compared, ...]
    judged_by: str
    span_ms: int
    missing_ms: int = 0

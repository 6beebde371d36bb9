"""One screening job, and what it tells as it goes."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from claims.classifier.learnt_file import OWN
from claims.types import Finding, Passage, PlatformFact
from ingest.decode.depth import EVERYTHING, DepthPlan
from ingest.recording.ledger import Coverage
from ingest.sandbox.process import SandboxChoice
from ingest.types import EndPolicy, RetentionLimits, Segment, Shed
from review.stretches.types import Signal, StretchTerms
from vision.layout.types import RoomMark


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenJob:
    """What to screen and by what. Plain values only, so that any actor can be rebuilt from it.

    `at` is the broadcast's own moment. `database_url` None: nothing is stored. `clips_dir` None: no clips are cut.
    `products` empty: all passports are on sale, in the file's order. `embed_model` empty: products are looked for
    by the corners of their pictures alone. `asr_processes` 0: as many engines as suit the device. `num_gpus`: what
    part of a GPU hearing and reading each ask for, where there is one. `tenant_id`: whose broadcast it is.
    """

    stream_id: str
    source: str
    recording_dir: Path
    passports_file: Path
    at: datetime
    data_dir: Path
    products: tuple[str, ...] = ()
    facts: tuple[PlatformFact, ...] = ()
    policy_dir: Path | None = None
    allow_net: tuple[str, ...] = ()
    trust_ca: Path | None = None
    max_ms: int | None = None
    clips_dir: Path | None = None
    database_url: str | None = None
    asr_model: str = "base"
    asr_hotwords: bool = False
    asr_rehear: bool = True
    asr_processes: int = 0
    asr_budget_ms: int = 200
    device: Literal["auto", "cpu", "cuda"] = "auto"
    num_gpus: float = 0.5
    threads: int = 1
    screen_side_px: int = 960
    sandbox: SandboxChoice = "auto"
    end: EndPolicy = field(default_factory=EndPolicy)
    retention: RetentionLimits = field(default_factory=RetentionLimits)
    embed_model: str = ""
    semantic: str = "off"
    models: Path | None = None
    tenant_id: str = OWN
    stretches: StretchTerms = field(default_factory=StretchTerms)
    depth: DepthPlan = EVERYTHING

    @property
    def models_dir(self) -> Path:
        """Where joined, downloaded and converted weights lie: in the data folder, if `models` is None."""
        return self.models or self.data_dir / "models"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What became of a segment when it was taken apart; `error` says why it could not be read.

    `crashed`: the process that read it died. `shed`: what was left out of it on purpose; `is_ordered`: because the
    order said so. `signal`: what its sound and picture gave; None: nobody looked.
    """

    segment: Segment
    has_audio: bool
    has_video: bool
    error: str | None = None
    crashed: bool = False
    shed: tuple[Shed, ...] = ()
    is_ordered: bool = False
    signal: Signal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding, new or changed."""

    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A passage as it was heard or read."""

    passage: Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the analysis is, on the stream clock, and how far the recording; and what of it was really analysed."""

    analysed_ms: int
    recorded_ms: int
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """Something that the caller should be told and that ends nothing."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The broadcast is over and everything of it is judged; `coverage` waits for nothing any more."""

    reason: str
    analysed_ms: int
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class OnSale:
    """Which product is on sale from this moment on, by all that is seen, read and heard; None: not known any more.

    The moment may lie a little back: speech is understood after it was said.
    """

    at_ms: int
    product_id: str | None
    confidence: float
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A mark that the law asks for, seen in the room: how long it stood so far, as a share of the time watched."""

    mark: RoomMark


Event = Found | Understood | OnSale | Marked | Progress | Warned | Ended

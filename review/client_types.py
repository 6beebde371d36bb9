"""The answers of the interface as types; made by `python -m scripts.write_client`."""

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


class AgainIn(TypedDict):
    sequence: NotRequired[int | None]
    since: NotRequired[int | None]
    parked: NotRequired[bool]


class AgainOut(TypedDict):
    count: int


class AliveOut(TypedDict):
    status: str


AppealState: TypeAlias = Literal["filed", "upheld", "varied", "overturned"]


ArchiveState: TypeAlias = Literal["waiting", "running", "done", "same", "failed"]


Url: TypeAlias = str


Product: TypeAlias = str


BatchState: TypeAlias = Literal["waiting", "running", "done", "failed", "cancelled"]


class BoundsOut(TypedDict):
    least_block: float
    most_pass: float


class CallbackIn(TypedDict):
    url: str


CaseState: TypeAlias = Literal["open", "proof", "second_review", "senior_review", "confirmed", "cleared"]


Choice: TypeAlias = Literal["violates", "lawful", "unsure", "needs_proof"]


class ComplaintIn(TypedDict):
    stream: NotRequired[str | None]
    room: NotRequired[str | None]
    at: int | str
    text: str
    product_id: NotRequired[str | None]
    who: NotRequired[Literal["viewer", "platform"]]
    contact: NotRequired[str]


class ComplaintOut(TypedDict):
    complaint_id: str
    case_id: str
    stream_id: str
    receipt: str
    receipt_until_ms: int
    pack: str
    pinned_from_ms: int
    pinned_to_ms: int
    kept_segments: int


Condition: TypeAlias = Literal["source_away", "no_speech", "black_picture", "frozen_picture", "lagging"]


class CorrectionIn(TypedDict):
    request_id: str
    passage_id: str
    original: str
    corrected: str
    product_id: NotRequired[str | None]
    why: NotRequired[str]


class CorrectionOut(TypedDict):
    correction_id: str
    case_id: str
    stream_id: str
    passage_id: str
    channel: Literal["speech", "screen"]
    heard: str
    original: str
    corrected: str
    product_before: str | None
    product_after: str | None
    why: str
    person_id: str
    corrected_at_ms: int
    policy: str
    superseded: list[str]
    found: list[str]


CoverageBy: TypeAlias = Literal["day", "host"]


DecisionIn = TypedDict(
    "DecisionIn",
    {
        "version": int,
        "request_id": str,
        "choice": Choice,
        "reason": str,
        "class": NotRequired[str | None],
        "note": NotRequired[str],
    },
)


DecisionOut = TypedDict(
    "DecisionOut",
    {
        "decision_id": str,
        "case_id": str,
        "person_id": str,
        "choice": Choice,
        "reason": str,
        "class": str | None,
        "note": str,
        "before": CaseState,
        "after": CaseState,
        "decided_at_ms": int,
        "undone_at_ms": int | None,
    },
)


DeliveryState: TypeAlias = Literal["pending", "delivered", "parked"]


class DeliveryStatusOut(TypedDict):
    endpoint_id: str
    event_sequence: int
    kind: str
    subject: str
    at_ms: int
    state: DeliveryState
    attempts: int
    next_at_ms: int
    last_error: str
    delivered_at_ms: int | None


DepthHoursIn = TypedDict(
    "DepthHoursIn",
    {
        "from": str,
        "until": str,
        "pictures": Literal["all", "sampled", "none"],
        "every_s": NotRequired[int | None],
    },
)


class DepthIn(TypedDict):
    pictures: NotRequired[Literal["all", "sampled", "none"]]
    every_s: NotRequired[int | None]
    hours: NotRequired[list[DepthHoursIn]]


Host: TypeAlias = str


class DepthRoom(TypedDict):
    hosts: list[Host]
    depth: DepthIn


class DepthSourceOut(TypedDict):
    by: Literal["order", "room", "tier", "default"]
    name: str
    rules: str
    confirmed: int | None
    days_known: int | None


class DepthTier(TypedDict):
    name: str
    within_days: NotRequired[int]
    least_confirmed: NotRequired[int | None]
    most_confirmed: NotRequired[int | None]
    least_days_known: NotRequired[int | None]
    most_days_known: NotRequired[int | None]
    depth: DepthIn


Disposition: TypeAlias = Literal["flag", "note", "none"]


EndpointState: TypeAlias = Literal["active", "disabled"]


class EventOut(TypedDict):
    id: str
    sequence: int
    type: str
    timestamp: str
    data: dict[str, Any]


class EventsOut(TypedDict):
    events: list[EventOut]
    next_after: int
    more: bool


class ExemptionOut(TypedDict):
    id: str
    applies: bool
    why: str


class FactIn(TypedDict):
    at_ms: int
    kind: Literal[
        "stock",
        "sales",
        "viewers",
        "rating",
        "promo_end",
        "gift",
        "ai_label",
        "on_sale",
    ]
    product_id: NotRequired[str | None]
    value: NotRequired[bool | int | float | str | None]
    stream_id: NotRequired[str | None]


class FactorOut(TypedDict):
    name: str
    percent: int


class FactsReceivedOut(TypedDict):
    stream_id: str
    received: int
    new: int


class FoundOut(TypedDict):
    flags: int
    notes: int


GapKind: TypeAlias = Literal["network", "publisher", "shed", "crash", "unreadable", "ordered"]


class GapOut(TypedDict):
    kind: GapKind
    start_ms: int
    end_ms: int
    why: str


GroupBy: TypeAlias = Literal["day", "host", "product", "class"]


class HeardOut(TypedDict):
    speech_ms: int
    passages: int
    characters: int


Held: TypeAlias = Literal["", "ladder", "law"]


class HostIn(TypedDict):
    id: str
    name: NotRequired[str]
    platform: NotRequired[str]


class HostOut(TypedDict):
    id: str
    name: str
    platform: str


class KeyOut(TypedDict):
    key_id: str
    public_key: str
    made_at_ms: int
    retired_at_ms: int | None


class KeysOut(TypedDict):
    keys: list[KeyOut]


ListedWord = TypedDict(
    "ListedWord",
    {
        "kind": Literal["block", "watch", "allow"],
        "word": str,
        "class": NotRequired[str | None],
        "match": NotRequired[Literal["text", "sound", "spelling"]],
        "until": NotRequired[str | None],
        "note": NotRequired[str],
    },
)


class MatchOut(TypedDict):
    kind: str
    heard: str
    meant: str


MeasureKind: TypeAlias = Literal["warning", "limits", "suspension", "blacklist"]


MeasureState: TypeAlias = Literal["proposed", "in_force", "rejected", "lapsed", "ended", "lifted"]


class MissedOut(TypedDict):
    kind: GapKind
    start_ms: int
    end_ms: int
    why: str


class MovedOut(TypedDict):
    before: Literal["pass", "review", "block"]
    after: Literal["pass", "review", "block"]
    findings: int
    examples: list[str]


class OnSaleIn(TypedDict):
    product_id: str | None
    at_ms: NotRequired[int | None]


class OrderIn(TypedDict):
    url: str
    host: HostIn
    products: NotRequired[list[Product]]
    passports: NotRequired[list[dict[str, Any]]]
    title: NotRequired[str]
    started_at: NotRequired[str | None]
    callback: NotRequired[CallbackIn | None]
    external_id: NotRequired[str | None]
    max_hours: NotRequired[float | None]
    policy: NotRequired[str | None]
    priority: NotRequired[Literal["normal", "background", "urgent"]]
    depth: NotRequired[DepthIn | None]


Outcome: TypeAlias = Literal["kept", "gone", "new", "changed"]


class OutcomeCountsOut(TypedDict):
    kept: int
    gone: int
    new: int
    changed: int


class PassportLineOut(TypedDict):
    product_id: str
    number: int
    version: str
    gtin: str | None
    created_at_ms: int
    retired_at_ms: int | None


class PassportOut(TypedDict):
    product_id: str
    number: int
    version: str
    gtin: str | None
    created_at_ms: int
    retired_at_ms: int | None
    passport: dict[str, Any]
    warnings: NotRequired[list[str] | None]


class PassportVersionIn(TypedDict):
    product_id: str
    version: NotRequired[str | None]


class PassportVersionOut(TypedDict):
    product_id: str
    version: str


class PassportsOut(TypedDict):
    passports: list[PassportLineOut]
    next_after: str | None


class PeaksOut(TypedDict):
    duration_ms: int
    peaks: list[float]


class PictureOut(TypedDict):
    black_ms: int
    frozen_ms: int


class PlaceOut(TypedDict):
    left: int
    top: int
    right: int
    bottom: int


class PointsOut(TypedDict):
    case_id: str
    class_name: str
    severity: str
    base_points: int
    why: list[str]
    points: int


class ProgressOut(TypedDict):
    total: int
    done: int
    failed: int
    recorded_ms: int
    analysed_ms: int
    findings: int


class ProposalOut(TypedDict):
    measure: MeasureKind | None
    reached: MeasureKind | None
    held: Held
    points: int
    term_days: int
    reason_zh: str
    reason_en: str
    table_version: str


Quota: TypeAlias = Literal["streams", "checks_hour", "passports", "batch_hours_day"]


class QuotaUseOut(TypedDict):
    quota: Quota
    limit: float | None
    used: float
    frees_at_ms: int | None


class QuotasOut(TypedDict):
    quotas: list[QuotaUseOut]


class ReadOut(TypedDict):
    pictures: int
    texts: int
    characters: int


class ReadyOut(TypedDict):
    status: str
    workers: int
    places: int


class ReanalysisIn(TypedDict):
    stream_id: str
    start_ms: NotRequired[int]
    end_ms: NotRequired[int | None]
    model: NotRequired[str | None]
    policy: NotRequired[str | None]
    passports: NotRequired[list[PassportVersionIn]]


ReanalysisState: TypeAlias = Literal["waiting", "running", "done", "failed", "cancelled"]


class ReasonOut(TypedDict):
    code: str
    count: int


class RowFaultOut(TypedDict):
    field: str
    reason: str


class ScoreStepOut(TypedDict):
    step: str
    value: float


class SecondReadingOut(TypedDict):
    model: str
    prompt: str
    answer: Literal["breach", "lawful", "unsure"]
    reason: str
    words: list[str]
    class_id: str
    reading: str | None
    effect: Literal["lifted", "lowered", "reworded", "none"]
    why: str
    score_before: float
    disposition_before: Disposition


class SecretOut(TypedDict):
    secret: str


class ShareOut(TypedDict):
    share: float
    low: float
    high: float


class StatisticsOut(TypedDict):
    first: str
    last: str
    columns: list[str]
    rows: list[list[str | int | float | None]]


StreamState: TypeAlias = Literal["waiting", "live", "unreachable", "interrupted", "ended", "failed"]


StrikeOut = TypedDict(
    "StrikeOut",
    {
        "case_id": str,
        "class": str,
        "severity": str,
        "corrected": bool,
        "law": list[str],
        "at_ms": int,
        "points": int,
        "factors": list[FactorOut],
        "expires_at_ms": int,
    },
)


Class: TypeAlias = str


Good: TypeAlias = str


Room: TypeAlias = str


class SuggestionRule(TypedDict):
    classes: NotRequired[list[Class]]
    goods: NotRequired[list[Good]]
    hosts: NotRequired[list[Host]]
    rooms: NotRequired[list[Room]]
    review_from: NotRequired[float]
    block_from: NotRequired[float | None]
    notes: NotRequired[bool]


class SuggestionSettings(TypedDict):
    rules: NotRequired[list[SuggestionRule]]


class SuggestionsOut(TypedDict):
    name: str
    version: str | None
    created_at_ms: int | None
    settings: SuggestionSettings
    bounds: BoundsOut


TableFormat: TypeAlias = Literal["json", "csv", "parquet"]


class TriedOut(TypedDict):
    findings: int
    moved: list[MovedOut]


VerdictKind: TypeAlias = Literal["contradicted", "banned", "unsupported", "supported", "out_of_scope"]


class VersionsOut(TypedDict):
    versions: list[PassportLineOut]


Wanted: TypeAlias = Literal["run", "stop"]


Kind: TypeAlias = str


class WebhookIn(TypedDict):
    url: str
    kinds: NotRequired[list[Kind]]


class WebhookMade(TypedDict):
    id: str
    url: str
    kinds: list[str]
    callback: bool
    state: EndpointState
    why: str
    disabled_after: int | None
    created_at_ms: int
    secret: str


class WebhookOut(TypedDict):
    id: str
    url: str
    kinds: list[str]
    callback: bool
    state: EndpointState
    why: str
    disabled_after: int | None
    created_at_ms: int


class WebhooksOut(TypedDict):
    webhooks: list[WebhookOut]


class WitnessOut(TypedDict):
    channel: Literal["speech", "screen"]
    passage_ids: list[str]
    start_ms: int
    end_ms: int
    quote: str


class WordExampleOut(TypedDict):
    stream_id: str
    id: str
    text: str


class WordingOut(TypedDict):
    zh: str
    en: str


class WordsIn(TypedDict):
    words: list[ListedWord]


class WordsTryIn(TypedDict):
    words: list[ListedWord]


class ReviewServerApiSchemasPassportsRowOut(TypedDict):
    row: int
    id: str | None
    status: Literal["stored", "unchanged", "refused"]
    version: NotRequired[str | None]
    number: NotRequired[int | None]
    errors: list[RowFaultOut]
    warnings: list[str]


ReviewServerApiSchemasWordsWordOut = TypedDict(
    "ReviewServerApiSchemasWordsWordOut",
    {
        "id": str,
        "kind": Literal["block", "watch", "allow"],
        "word": str,
        "class": str | None,
        "match": Literal["text", "sound", "spelling"],
        "until": str | None,
        "note": str,
        "ended": bool,
    },
)


class ReviewServerApiTranscriptsWordOut(TypedDict):
    start: int
    end: int
    start_ms: int
    end_ms: int


class Fault(TypedDict):
    path: str
    reason: str


class Problem(TypedDict):
    type: NotRequired[str]
    title: str
    status: int
    detail: str
    code: str
    errors: NotRequired[list[Fault] | None]


class RowIn(TypedDict):
    text: str
    product_id: NotRequired[str]


TextKind: TypeAlias = Literal["script", "page", "captions"]


class AilingOut(TypedDict):
    condition: Condition
    since_ms: int
    began_at_ms: int


class AllToldOut(TypedDict):
    deliveries: list[DeliveryStatusOut]
    next_after: str | None


class AppealOut(TypedDict):
    id: str
    measure_id: str
    state: AppealState
    filed_at_ms: int
    decide_due_ms: int
    decided_at_ms: int | None


class ArchiveOut(TypedDict):
    number: int
    url: str
    state: ArchiveState
    stream_id: str | None
    sha256: str | None
    recorded_ms: int
    analysed_ms: int
    findings: int
    error: str | None


class BatchFilesOut(TypedDict):
    batch_id: str
    state: BatchState
    host_id: str
    products: list[str]
    started_at: str
    created_at_ms: int
    progress: ProgressOut
    error: str | None
    files: list[ArchiveOut]


class BatchIn(TypedDict):
    urls: list[Url]
    host: HostIn
    products: NotRequired[list[Product]]
    passports: NotRequired[list[dict[str, Any]]]
    started_at: NotRequired[str | None]


class BatchOut(TypedDict):
    batch_id: str
    state: BatchState
    host_id: str
    products: list[str]
    started_at: str
    created_at_ms: int
    progress: ProgressOut
    error: str | None


class BatchStoredOut(TypedDict):
    rows: list[ReviewServerApiSchemasPassportsRowOut]
    stored: int
    unchanged: int
    refused: int


class BatchesOut(TypedDict):
    batches: list[BatchOut]
    next_after: str | None


CaseOut = TypedDict(
    "CaseOut",
    {
        "case_id": str,
        "state": CaseState,
        "version": int,
        "host_id": str,
        "host_name": str,
        "platform": str,
        "product_id": str | None,
        "product_name": str | None,
        "class": str,
        "severity": str,
        "quote": str,
        "score": float,
        "rank": float,
        "why": list[ReasonOut],
        "opened_at_ms": int,
        "changed_at_ms": int,
        "finding_count": int,
        "stream_count": int,
        "said_count": int,
        "top_finding_id": str,
        "claimed_by": str | None,
        "claimed_until_ms": int | None,
    },
)


class CasesOut(TypedDict):
    cases: list[CaseOut]
    next_after: str | None


class CodeOut(TypedDict):
    code: str
    gtin: str | None
    passports: list[PassportOut]


class CoveredOut(TypedDict):
    analysed_ms: int
    gaps: list[MissedOut]


class DeliveryOut(TypedDict):
    event_sequence: int
    state: DeliveryState
    attempts: int
    next_at_ms: int
    last_error: str
    delivered_at_ms: int | None


class DepthSettings(TypedDict):
    rooms: NotRequired[list[DepthRoom]]
    tiers: NotRequired[list[DepthTier]]
    default: NotRequired[DepthIn | None]


FindingOut = TypedDict(
    "FindingOut",
    {
        "finding_id": str,
        "stream_id": str,
        "passage_ids": list[str],
        "start_ms": int,
        "end_ms": int,
        "channel": Literal["speech", "screen"],
        "quote": str,
        "normalised": str,
        "class": str,
        "verdict": VerdictKind,
        "disposition": Disposition,
        "severity": str,
        "score": float,
        "product_id": str | None,
        "claimed": str,
        "registered": str | None,
        "passport_path": str | None,
        "passport_version": str | None,
        "law": list[str],
        "law_status": str,
        "policy": str,
        "rule": str,
        "match": list[MatchOut],
        "exemptions": list[ExemptionOut],
        "score_steps": list[ScoreStepOut],
        "advice": str,
        "product_reason": str,
        "count": int,
        "witnesses": list[WitnessOut],
        "models": dict[str, str],
        "clip": str | None,
        "supersedes": NotRequired[str | None],
        "superseded_by": NotRequired[str | None],
        "proposed": NotRequired[list[str]],
        "second_reading": NotRequired[SecondReadingOut | None],
        "protected": NotRequired[bool],
        "suggestion": NotRequired[Literal["pass", "review", "block"] | None],
        "risk": NotRequired[Literal["low", "medium", "high", "critical"] | None],
        "suggested_by": NotRequired[str | None],
    },
)


class FindingsOut(TypedDict):
    findings: list[FindingOut]
    next_after: int
    more: bool


class MeasureOut(TypedDict):
    id: str
    kind: MeasureKind
    state: MeasureState
    host_id: str
    facts: str
    reasons: str
    basis: list[str]
    basis_formal: list[str]
    power: str
    points: list[PointsOut]
    points_total: int
    remarks: str
    breach: str
    starts_at_ms: int
    begins_at_ms: int
    ends_at_ms: int
    defence_due_ms: int
    appeal_due_ms: int | None
    closed_at_ms: int | None
    closed_why: str


class PassageOut(TypedDict):
    number: int
    id: str
    channel: Literal["speech", "screen"]
    start_ms: int
    end_ms: int
    text: str
    product_id: str | None
    words: list[ReviewServerApiTranscriptsWordOut]
    box: PlaceOut | None


class PassagesOut(TypedDict):
    passages: list[PassageOut]
    next_after: int
    more: bool
    redacted: bool


class QualityRowOut(TypedDict):
    key: str
    recall: ShareOut | None
    missed: float | None
    spot_checks: int
    precision: ShareOut | None
    decided: int


class ReanalysisOut(TypedDict):
    reanalysis_id: str
    stream_id: str
    state: ReanalysisState
    start_ms: int
    end_ms: int | None
    model: str | None
    policy: str | None
    passports: list[PassportVersionOut]
    judged_by: str | None
    span_ms: int
    analysed_ms: int
    missing_ms: int
    counts: OutcomeCountsOut
    created_at_ms: int
    error: str | None


class RemarkOut(TypedDict):
    start: int
    end: int
    line: int
    finding: dict[str, Any]
    advice: list[WordingOut]


class StreamHealthOut(TypedDict):
    stream_id: str
    conditions: list[AilingOut]


class StreamOut(TypedDict):
    stream_id: str
    source: str
    host: HostOut
    title: str
    started_at: str | None
    products: list[str]
    state: StreamState
    error: str | None
    coverage: float
    span_ms: int
    analysed_ms: int
    lag_ms: int
    waiting_ms: int
    gaps: list[GapOut]
    wanted: NotRequired[Wanted | None]
    recorded_ms: NotRequired[int | None]
    speech_ms: NotRequired[int | None]
    waits_for: NotRequired[str]
    external_id: NotRequired[str | None]
    policy: NotRequired[str | None]
    max_hours: NotRequired[float | None]
    depth: NotRequired[str | None]
    depth_source: NotRequired[DepthSourceOut | None]
    ordered_at_ms: NotRequired[int | None]
    suggestion: NotRequired[Literal["pass", "review", "block"]]
    risk: NotRequired[Literal["low", "medium", "high", "critical"]]


class StreamsOut(TypedDict):
    streams: list[StreamOut]
    next_after: str | None


class StretchOut(TypedDict):
    id: str
    sequence: int
    at_ms: int
    stream_id: str
    start_ms: int
    end_ms: int
    heard: HeardOut
    read: ReadOut
    picture: PictureOut
    covered: CoveredOut
    found: FoundOut


class StretchesOut(TypedDict):
    stretches: list[StretchOut]
    next_after: int
    more: bool
    kept_from: int


class SuggestionVersionsOut(TypedDict):
    versions: list[SuggestionsOut]


class WordTriedOut(TypedDict):
    word: ReviewServerApiSchemasWordsWordOut
    passages: int
    lowered: int
    kept: int
    examples: list[WordExampleOut]


class WordsOut(TypedDict):
    name: str
    version: str | None
    created_at_ms: int | None
    words: list[ReviewServerApiSchemasWordsWordOut]


class WordsTriedOut(TypedDict):
    tried: list[WordTriedOut]


class ReviewServerApiSchemasPrebroadcastRowOut(TypedDict):
    number: int
    product_id: str
    error: str
    findings: list[RemarkOut]


class CatalogueIn(TypedDict):
    products: NotRequired[list[Product]]
    passports: NotRequired[list[dict[str, Any]]]
    at: NotRequired[str | None]
    rows: list[RowIn]


class CheckIn(TypedDict):
    products: NotRequired[list[Product]]
    passports: NotRequired[list[dict[str, Any]]]
    at: NotRequired[str | None]
    text: str
    kind: NotRequired[TextKind]


class CaseDetailOut(TypedDict):
    case: CaseOut
    findings: list[FindingOut]
    decisions: list[DecisionOut]
    corrections: NotRequired[list[CorrectionOut]]
    superseded: NotRequired[list[FindingOut]]


class CatalogueOut(TypedDict):
    rows: list[ReviewServerApiSchemasPrebroadcastRowOut]
    flagged: int
    warnings: NotRequired[list[str]]


class CheckOut(TypedDict):
    findings: list[RemarkOut]
    pieces: int
    policy: str
    left_out: list[str]
    warnings: NotRequired[list[str]]


class ComparedOut(TypedDict):
    outcome: Outcome
    parts: list[str]
    before: FindingOut | None
    after: FindingOut | None


class ComparedPageOut(TypedDict):
    findings: list[ComparedOut]
    next_after: str | None


class DeliveriesOut(TypedDict):
    deliveries: list[DeliveryOut]
    counts: dict[DeliveryState, int]


class DepthRulesOut(TypedDict):
    name: str
    version: str | None
    created_at_ms: int | None
    settings: DepthSettings


class DepthVersionsOut(TypedDict):
    versions: list[DepthRulesOut]


class HostFileOut(TypedDict):
    host_id: str
    linked: list[str]
    strikes: list[StrikeOut]
    proposal: ProposalOut
    measures: list[MeasureOut]
    appeals: list[AppealOut]


class QualityOut(TypedDict):
    days: int
    by: Literal["all", "class", "goods", "policy"]
    figures_from: int
    rows: list[QualityRowOut]


class ReanalysesOut(TypedDict):
    reanalyses: list[ReanalysisOut]
    next_after: str | None


class WordVersionsOut(TypedDict):
    versions: list[WordsOut]

"""The shapes of the policy's files: taxonomy, lexicon, classes, context, materials, places, certificates."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from claims.policy_names import CheckName, JudgeName
from claims.types import Frozen, VerdictKind

ReadingLayer = Literal["symbol", "code", "split", "spelled", "filler", "unit", "sound", "sentence"]

DecisionMode = Literal[
    "banned_outright",
    "banned_unless_exempt",
    "banned_unless_category",
    "evidence_required",
    "passport_compare",
    "price_history_compare",
    "platform_fact",
]


class ClassInfo(Frozen):
    """What one class of claim is and how its verdict is reached."""

    id: str
    name_zh: str
    name_en: str
    definition: str
    decision_mode: DecisionMode
    severity: Literal["critical", "high", "medium"]
    categories: tuple[str, ...]
    law_status: Literal["read", "secondary"]

    @property
    def verdict(self) -> VerdictKind:
        """The verdict on a claim of this class that nothing registered saves or contradicts."""
        return VerdictKind.BANNED if self.decision_mode.startswith("banned") else VerdictKind.UNSUPPORTED


class TaxonomyFile(Frozen):
    """`taxonomy.yaml`."""

    classes: tuple[ClassInfo, ...]


class LawRef(Frozen):
    """The articles cited for products of a category."""

    category: str
    cite: tuple[str, ...]
    status: Literal["read", "secondary"]


class Rule(Frozen):
    """One recogniser: patterns, near misses (`unless`), how it is judged and scored."""

    id: str
    score: Annotated[float, Field(gt=0, le=1)]
    patterns: tuple[str, ...]
    unless: tuple[str, ...] = ()
    judge: JudgeName | None = None
    verdict: VerdictKind | None = None
    params: dict[str, str] = Field(default_factory=dict)
    categories: tuple[str, ...] = ()
    drop_exemptions: tuple[str, ...] = ()
    law: tuple[LawRef, ...] = ()
    shadow: bool = False


class Support(Frozen):
    """Documents that prove a claim which needs evidence."""

    schemes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    numbers: bool = False


class ClassFile(Frozen):
    """`classes/<ID>.yaml`."""

    class_id: Annotated[str, Field(alias="class")]
    judge: JudgeName
    law: Annotated[tuple[LawRef, ...], Field(min_length=1)]
    rules: tuple[Rule, ...]
    categories: tuple[str, ...] = ("*",)
    not_categories: tuple[str, ...] = ()
    exemptions: tuple[str, ...] = ()
    drop_exemptions: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    supported_by: Support = Support()
    facts: tuple[str, ...] = ()
    permitted_function: str | None = None
    advice: str = ""


class Concept(Frozen):
    """Words that mean one thing; `sensitive` words are also found when spelled in part."""

    words: tuple[str, ...]
    sensitive: bool = False


class LexiconFile(Frozen):
    """`lexicon/*.yaml`."""

    concepts: dict[str, Concept]


class ContextRule(Frozen):
    """An exemption: where its cues stand, and why it makes the claim lawful."""

    id: str
    zh: str
    kind: Literal["before", "after", "either", "both", "clause", "asked", "supposed", "code"]
    why: str
    cue: str | None = None
    not_cue: str | None = None
    barrier: str | None = None
    cue_after: str | None = None
    opening: str | None = None
    within: int = 0
    within_after: int = 0
    wide: bool = False
    always: bool = False
    clause_start: bool = False
    check: CheckName | None = None

    @model_validator(mode="after")
    def _code_names_its_check(self) -> "ContextRule":
        if (self.kind == "code") != (self.check is not None):
            raise ValueError("check stands with kind code, and only there")
        return self


class ContextFile(Frozen):
    """`context.yaml`."""

    cues: dict[str, tuple[str, ...]]
    exemptions: tuple[ContextRule, ...]
    corrections: str


class MaterialKind(Frozen):
    """One material, its words and the kinds it belongs to."""

    id: str
    words: tuple[str, ...]
    of: tuple[str, ...] = ()


class MaterialsFile(Frozen):
    """`materials.yaml`."""

    materials: tuple[MaterialKind, ...]


class CertificateKind(Frozen):
    """What hosts call a certificate and what proves it."""

    id: str
    words: tuple[str, ...]
    schemes: tuple[str, ...] = ()
    words_in: tuple[str, ...] = ()


class CertificatesFile(Frozen):
    """`certificates.yaml`."""

    certificates: tuple[CertificateKind, ...]


class AdditivesFile(Frozen):
    """`additives.yaml`."""

    denials: tuple[str, ...]
    otherwise: str
    chemical: str
    same: dict[str, str]
    exactly: dict[str, tuple[str, ...]]
    named_by: dict[str, tuple[str, ...]]


class PlacesFile(Frozen):
    """`places.yaml`: ISO codes with the words that mean them."""

    foreign_words: tuple[str, ...]
    countries: dict[str, tuple[str, ...]]
    provinces: dict[str, tuple[str, ...]]


class Harm(Frozen):
    """Where a breach does more harm than its class says: these classes, for goods of these categories."""

    categories: tuple[str, ...]
    classes: tuple[str, ...]
    severity: Literal["critical", "high", "medium"]


class PolicyFile(Frozen):
    """`policy.yaml`."""

    id: str
    version: str
    language: str
    flag_at: Annotated[float, Field(gt=0, le=1)]
    note_at: Annotated[float, Field(ge=0, le=1)]
    window_ms: Annotated[int, Field(gt=0)]
    window_chars: Annotated[int, Field(gt=0)]
    piece_chars: Annotated[int, Field(ge=40)]
    unsure_product_factor: Annotated[float, Field(gt=0, le=1)]
    misheard_factor: Annotated[float, Field(gt=0, le=1)]
    harm: tuple[Harm, ...] = ()
    emoji: dict[str, str]
    lookalikes: dict[str, str]
    reading_layers: dict[ReadingLayer, Annotated[float, Field(ge=0, le=0.5)]] = Field(default_factory=dict)
    words_lookalike: dict[str, str]

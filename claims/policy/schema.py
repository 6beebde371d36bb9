"""The shapes of the policy's files: taxonomy, lexicon, classes, context, materials, places, certificates."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from claims.policy.law import FOUND_WITHOUT_RULE, LawRef
from claims.policy.names import CheckName, JudgeName
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


class Rule(Frozen):
    """One detector: what it finds, in words and by patterns with near misses (`unless`); how it is judged and scored.

    `excluded_by` names near misses that the class's detectors share. `status`: `stable`, or on `trial` until it was
    measured on enough talk. `recorded`: only a record can decide it; None: as of its class. `protected`: it finds what
    is said outright, which no learned reading lowers, and of contexts only those for that.
    """

    id: str
    description: Annotated[str, Field(max_length=200)] = ""
    score: Annotated[float, Field(gt=0, le=1)]
    status: Literal["stable", "trial"] = "stable"
    patterns: tuple[str, ...]
    unless: tuple[str, ...] = ()
    excluded_by: tuple[str, ...] = ()
    judge: JudgeName | None = None
    verdict: VerdictKind | None = None
    params: dict[str, str] = Field(default_factory=dict)
    categories: tuple[str, ...] = ()
    drop_exemptions: tuple[str, ...] = ()
    shadow: bool = False
    recorded: bool | None = None
    protected: bool = False

    @property
    def role(self) -> str:
        """What its judge takes it for: the parameter `role`, or else its id, as in policies that have no such one."""
        return self.params.get("role", self.id)


class Support(Frozen):
    """Documents that prove a claim which needs evidence."""

    schemes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    numbers: bool = False


class ClassFile(Frozen):
    """`classes/<ID>.yaml`."""

    class_id: Annotated[str, Field(alias="class")]
    judge: JudgeName
    # Only a record can decide it; how a sentence is put says nothing of whether it is true.
    recorded: bool = False
    law: Annotated[tuple[LawRef, ...], Field(min_length=1)]
    # Near misses that several detectors share, by a name that says what they are.
    exclusions: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    rules: tuple[Rule, ...]
    categories: tuple[str, ...] = ("*",)
    not_categories: tuple[str, ...] = ()
    exemptions: tuple[str, ...] = ()
    drop_exemptions: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    supported_by: Support = Support()
    facts: tuple[str, ...] = ()
    # What a reader has a say in is flagged within this budget of false alarms; None: the policy's own.
    false_alarms_per_hour: Annotated[float, Field(gt=0, le=1000)] | None = None
    permitted_function: str | None = None
    advice: str = ""

    @model_validator(mode="before")
    @classmethod
    def _no_older_form(cls, given: object) -> object:
        if isinstance(given, dict) and "reader_flags_at" in given:
            raise ValueError("is of the form before 2026.11.3: `zhenyan policy migrate DIR OUT` brings it over")
        return _law_of_rules_in_blocks(given) if isinstance(given, dict) else given

    @property
    def detectors(self) -> tuple[str, ...]:
        """Everything that can find a claim of the class."""
        return (*(rule.id for rule in self.rules), *FOUND_WITHOUT_RULE)

    @model_validator(mode="after")
    def _something_is_cited_for_all(self) -> "ClassFile":
        if not any(ref.fits_all for ref in self.law):
            raise ValueError("law: no block fits all: one without detectors, of category *, says what is cited else")
        return self


def _law_of_rules_in_blocks(given: dict[str, object]) -> dict[str, object]:
    """Before 2026.11.11 a rule had its law with it; now a block of its class names the detectors that it is for."""
    rules, law = given.get("rules"), given.get("law")
    if not isinstance(rules, list | tuple) or not isinstance(law, list | tuple):
        return given
    moved = [
        {**ref, "detectors": [rule["id"]]}
        for rule in rules
        if isinstance(rule, dict) and "id" in rule
        for ref in rule.get("law", ())
    ]
    bare = [{k: v for k, v in rule.items() if k != "law"} if isinstance(rule, dict) else rule for rule in rules]
    return {**given, "rules": bare, "law": [*law, *moved]}


class Concept(Frozen):
    """Words that mean one thing; `sensitive` words are also found when spelled in part."""

    words: tuple[str, ...]
    sensitive: bool = False


class LexiconFile(Frozen):
    """`lexicon/*.yaml`: concepts of its own, and words from elsewhere that concepts of other files also have.

    Words of `extends` are searched as they are written, and not behind disguises or mis-hearings; `source` says where
    they come from and under which licence.
    """

    concepts: dict[str, Concept] = Field(default_factory=dict)
    extends: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    source: str = ""

    @model_validator(mode="after")
    def _a_layer_names_its_source(self) -> "LexiconFile":
        if self.extends and not self.source:
            raise ValueError("extends needs a source: where the words come from, and their licence")
        return self


Direction = Literal[
    "forward", "backward", "either", "pair", "clause", "overlap", "denied", "asked", "supposed", "record"
]


class ContextRule(Frozen):
    """A context, as ConText has it: where its triggers stand, how far they reach, and what that makes of a claim.

    Word lists are named by their key under `cues`, several joined by `|`. `direction` says where claims stand that the
    trigger speaks of: after it (`forward`), before it (`backward`), on `either` side; `pair` wants `trigger` before
    the claim and `trigger_after` behind it, `clause` one anywhere in the claim's clause, `overlap` one on the claim's
    own words; `denied` reads the clauses behind the claim, `asked` and `supposed` its own as a question and as a
    condition; `record` is decided by what is registered (`check`).
    """

    id: str
    zh: str
    direction: Literal[
        "forward", "backward", "either", "pair", "clause", "overlap", "denied", "asked", "supposed", "record"
    ]
    why: str
    trigger: str | None = None
    trigger_after: str | None = None
    # Looks like a trigger and is none.
    pseudo: str | None = None
    # Ends the trigger's scope where it stands between trigger and claim.
    terminator: str | None = None
    # Nothing but these words may stand between a trigger and the claim behind it; between a claim and a trigger behind.
    through: str | None = None
    through_after: str | None = None
    # Between a trigger and the claim behind it one of these words must stand.
    contains: str | None = None
    # Words that point back at the claim: `through_after` counts from the last of them, and without one nothing holds.
    refers: str | None = None
    # Of `through_after`, only the trigger's own clause counts: what stands in clauses between is of no matter.
    bare_clause: bool = False
    # A trigger behind the claim counts only where its clause ends with it, or with these words.
    closing: str | None = None
    # Words of the claim with which the context can't be meant: what is best of the market is compared with others.
    excluded_by: str | None = None
    # Words near the claim that take the context back; words behind the trigger that do.
    revoked_by: str | None = None
    turned_by: str | None = None
    opening: str | None = None
    reported: str | None = None
    # In characters, punctuation not counted.
    reach: int = 0
    reach_after: int = 0
    scope: Literal["clause", "sentence"] = "clause"
    starts_clause: bool = False
    # Counts between the claim's own words too.
    inside: bool = False
    # Void where the clause is a question: 不是最好的吗 asserts.
    not_asked: bool = False
    # A denial: twice is none, and in the claim's own clause it clears what the policy protects.
    denies: bool = False
    # Makes the breach milder and no less a breach.
    mitigates: bool = False
    # Counts against a protected statement.
    on_protected: bool = False
    # Means the same wherever in a passage it stands, for what a reader proposes.
    anywhere: bool = False
    # Tried for every class.
    always: bool = False
    check: CheckName | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_older_form(cls, given: object) -> object:
        if isinstance(given, dict) and "kind" in given:
            raise ValueError("is of the form before 2026.11.2: `zhenyan policy migrate DIR OUT` brings it over")
        return given

    @model_validator(mode="after")
    def _a_record_is_checked(self) -> "ContextRule":
        if (self.direction == "record") != (self.check is not None):
            raise ValueError("check stands with direction record, and only there")
        return self

    @property
    def lists(self) -> tuple[str, ...]:
        """The names of all word lists that it needs."""
        return tuple(name for name in self._named if name[0] != "@")

    @property
    def concepts(self) -> tuple[str, ...]:
        """The concepts of the lexicon, marked by @, whose words it lets stand."""
        return tuple(name[1:] for name in self._named if name[0] == "@")

    @property
    def _named(self) -> tuple[str, ...]:
        fields = (
            *(self.trigger, self.trigger_after, self.pseudo, self.terminator, self.through, self.through_after),
            *(
                self.contains,
                self.excluded_by,
                self.refers,
                self.closing,
                self.revoked_by,
                self.turned_by,
                self.opening,
                self.reported,
            ),
        )
        return tuple(name for names in fields if names for name in names.split("|"))


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
    """What hosts call a certificate and what proves it.

    `registered_seldom`: few register it, so that none being registered is noted and flags nothing.
    """

    id: str
    words: tuple[str, ...]
    schemes: tuple[str, ...] = ()
    words_in: tuple[str, ...] = ()
    registered_seldom: bool = False


class CertificatesFile(Frozen):
    """`certificates.yaml`."""

    certificates: tuple[CertificateKind, ...]


class AdditivesFile(Frozen):
    """`additives.yaml`."""

    denials: tuple[str, ...]
    otherwise: str
    chemical: str
    same: dict[str, str]
    untold: tuple[str, ...] = ()
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
    # With a reader, the bar is the score from which no more false alarms are expected in an hour of live talk.
    false_alarms_per_hour: Annotated[float, Field(gt=0, le=1000)] = 8.0
    # Characters of registered effects that say nothing of which effect it is.
    says_no_effect: str = ""
    window_ms: Annotated[int, Field(gt=0)]
    window_chars: Annotated[int, Field(gt=0)]
    piece_chars: Annotated[int, Field(ge=40)]
    unsure_product_factor: Annotated[float, Field(gt=0, le=1)]
    misheard_factor: Annotated[float, Field(gt=0, le=1)]
    harm: tuple[Harm, ...] = ()
    # Goods, a prefix, that are others in law: spirits are food.
    kinds_in_law: dict[str, str] = Field(default_factory=dict)
    emoji: dict[str, str]
    lookalikes: dict[str, str]
    reading_layers: dict[ReadingLayer, Annotated[float, Field(ge=0, le=0.5)]] = Field(default_factory=dict)
    words_lookalike: dict[str, str]

    @model_validator(mode="before")
    @classmethod
    def _without_older_keys(cls, given: object) -> object:
        # Policies before 2026.11.5 name concepts by which a reader's claims were cleared; they mean nothing any more.
        return {k: v for k, v in given.items() if k != "reader_subjects"} if isinstance(given, dict) else given

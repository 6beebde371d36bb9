"""What policy data names for people."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from claims.law.texts import StatuteTexts


@dataclass(frozen=True, slots=True, kw_only=True)
class Glossary:
    """What policy data names for people: classes and exemptions in both languages, and the articles of law.

    `offers_prebroadcast`: whether texts can be checked before a broadcast.
    """

    classes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    exemptions: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    laws: StatuteTexts = field(default_factory=StatuteTexts.none)
    offers_prebroadcast: bool = False

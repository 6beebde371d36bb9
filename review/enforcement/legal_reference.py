"""What notices are written with: names of classes, texts of law, and what the policy cites for a class of claims."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from claims.law.texts import StatuteTexts
from review.enforcement.types import Strike


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the policy says of a class of claims about goods of a category."""

    law: tuple[str, ...]
    severity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalReference:
    """`judge`: what the policy says of a class and a category; None for a class that it does not know."""

    classes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    laws: StatuteTexts = field(default_factory=StatuteTexts.none)
    judge: Callable[[str, str | None], Judged | None] = lambda class_id, category: None

    def class_name(self, class_id: str) -> tuple[str, str]:
        """The class in Chinese and English, or its id."""
        return self.classes.get(class_id, (class_id, class_id))

    def as_decided(self, strike: Strike) -> Strike:
        """The strike with the law and severity of the class that people found, where it is not the one first found."""
        if strike.class_id == strike.found_class_id or not strike.found_class_id:
            return strike
        judged = self.judge(strike.class_id, strike.category)
        return replace(strike, law=()) if judged is None else replace(strike, law=judged.law, severity=judged.severity)

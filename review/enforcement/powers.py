"""By which law a platform takes a measure, makes it public and reports it: the sentences that every notice has."""

from claims.law.texts import Language, StatuteTexts
from review.enforcement.penalty_table import Measures
from review.enforcement.types import MeasureKind


def power_zh(kind: MeasureKind, table: Measures, laws: StatuteTexts) -> str:
    """The measure's power and what follows from it, in Chinese."""
    power, posted, reported = _cited(kind, table, laws, "zh")
    rule = table.measures[kind]
    whom = "省级及县级以上" if rule.province else "县级以上"
    return (
        f"本平台依据{power}以及公布的平台规则，采取“{rule.zh}”措施。本措施生效后，依{posted}公示，"
        f"并依{reported}向平台住所地{whom}市场监督管理、网信部门报告。"
    )


def power_en(kind: MeasureKind, table: Measures, laws: StatuteTexts) -> str:
    """The same in English."""
    power, posted, reported = _cited(kind, table, laws, "en")
    rule = table.measures[kind]
    whom = "of the province, and of the county or above," if rule.province else "of the county or above"
    return (
        f"The platform takes this measure, {rule.en}, under {power} and its published rules. Once in force it is made "
        f"public under {posted}, and under {reported} it is reported to the authorities {whom} where the platform is."
    )


def _cited(kind: MeasureKind, table: Measures, laws: StatuteTexts, language: Language) -> tuple[str, str, str]:
    return (
        laws.listed(table.measures[kind].power, language),
        laws.formal(table.duties.posted_by, language),
        laws.formal(table.duties.reported_by, language),
    )

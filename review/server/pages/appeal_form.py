"""What the form of an appeal sends: each case on its own, and what measure is left; nothing is chosen beforehand."""

from dataclasses import dataclass, field

from fastapi import Request

from review.enforcement.errors import AppealRefused
from review.enforcement.types import Appeal, Measure, MeasureKind, Remaining, Ruling

_LONGEST = 20_000
_NONE = "none"
_STANDS = {"stands": True, "falls": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAnswer:
    """What stands in the fields of one case; `ruling` "": nothing is chosen."""

    ruling: str = ""
    why: str = ""
    reasons_zh: str = ""
    reasons_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealForm:
    """What stands in the form, by the case's id; `measure` "": nothing is chosen, `none`: no measure is left."""

    cases: dict[str, CaseAnswer] = field(default_factory=dict)
    measure: str = ""
    term_days: str = ""
    reasons_zh: str = ""
    reasons_en: str = ""
    wants_preview: bool = False

    def answer(self, case_id: str) -> CaseAnswer:
        """The fields of this case."""
        return self.cases.get(case_id, CaseAnswer())

    def rulings(self, appeal: Appeal, measure: Measure) -> list[Ruling]:
        """The cases that something was chosen of; AppealRefused for one of which nothing was, if it was asked."""
        found = []
        for case_id, given in self.cases.items():
            if given.ruling not in _STANDS:
                raise AppealRefused(f"appeal {appeal.id}", "say of each case whether it stands", code="choice")
            if case_id not in measure.case_ids:
                raise AppealRefused(f"case {case_id}", "the measure does not rest on it", code="choice")
            stands = _STANDS[given.ruling]
            found.append(
                Ruling(
                    case_id=case_id,
                    stands=stands,
                    why="" if stands else given.why,
                    reasons_zh=given.reasons_zh,
                    reasons_en=given.reasons_en,
                )
            )
        return found

    def remaining(self) -> Remaining | None:
        """The measure that is left; None: nothing was chosen. AppealRefused for days that are no number."""
        if not self.measure:
            return None
        if self.measure == _NONE:
            return Remaining(kind=None)
        if self.measure not in set(MeasureKind):
            raise AppealRefused("measure", f"{self.measure!r} is none", code="measure")
        days = self.term_days.strip()
        if days and not (days.isascii() and days.isdigit()):
            raise AppealRefused("measure", "the term is a number of days", code="term")
        return Remaining(kind=MeasureKind(self.measure), term_days=int(days) if days else None)


async def read_appeal_form(request: Request) -> AppealForm:
    """The form as it was sent; fields of a case end in its id."""
    sent = await request.form()
    said = {name: value[:_LONGEST] for name, value in sent.items() if isinstance(value, str)}
    case_ids = [value for value in sent.getlist("case_id") if isinstance(value, str)]
    return AppealForm(
        cases={
            case_id: CaseAnswer(
                ruling=said.get(f"ruling.{case_id}", ""),
                why=said.get(f"why.{case_id}", ""),
                reasons_zh=said.get(f"zh.{case_id}", ""),
                reasons_en=said.get(f"en.{case_id}", ""),
            )
            for case_id in case_ids
        },
        measure=said.get("measure", ""),
        term_days=said.get("term_days", ""),
        reasons_zh=said.get("reasons_zh", ""),
        reasons_en=said.get("reasons_en", ""),
        wants_preview=said.get("act") == "preview",
    )

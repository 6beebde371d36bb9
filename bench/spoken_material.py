"""Labelled sentences to be spoken: read test cases said by eight voices in turn, clear, in noise or by telephone."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.asr_material import VOICES, Samples, degrade, made_speech
from bench.cases import Case, read_cases
from bench.checkout import CASES_DIR

SETS = ("open", "blind/a", "blind/c", "blind/d", "blind/e_hypothetical", "blind/f_condition", "blind/g_evasion")
# Sets by other writers that nobody reads: no rule and no classifier has seen them.
UNREAD = (
    *("blind/b", "blind/h_evasion", "blind/l_evasion", "blind/n_evasion"),
    *("blind/o_evasion", "blind/p_evasion", "blind/q_evasion"),
)
# Every line is heard three times: as it was made, as beside a fan or music in a live room, and as from a bad line.
LEVELS: dict[str, tuple[tuple[str, float], ...]] = {
    "clean": (("clean", 0),),
    "20 dB": (("noise", 20), ("music", 20)),
    "10 dB": (("noise", 10), ("music", 10), ("telephone", 0)),
}
LINES = 208
SAYABLE = re.compile("[\u4e00-\u9fff,。!?、;:，！？；：“”]{8,44}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenCase:
    """A case of one utterance with its sound: float32 mono at 16 kHz. `level`: how clearly it is to be heard."""

    case: Case
    kind: str
    passports: Path
    voice: str
    level: str
    condition: str
    samples: Samples


def chosen(count: int = LINES, sets: Sequence[str] = SETS) -> list[tuple[Case, Path]]:
    """As many breaches as lawful cases, the same ones every time, each with the passports it is judged by."""
    found: list[tuple[Case, Path]] = []
    for name in sets:
        folder = CASES_DIR / name
        passports = next(folder.glob("passports.*"))
        found += [(case, passports) for case in read_cases(folder / "cases.jsonl", folder.name) if _fits(case)]
    found.sort(key=lambda one: hashlib.sha256(one[0].id.encode()).hexdigest())
    breaches = [one for one in found if one[0].is_violation][: count // 2]
    lawful = [one for one in found if not one[0].is_violation][: count // 2]
    return [one for pair in zip(breaches, lawful, strict=False) for one in pair]


def spoken(count: int = LINES, sets: Sequence[str] = SETS) -> list[SpokenCase]:
    """The chosen cases with their sound, each at every level; standard error says what can't be made."""
    cases = chosen(count, sets)
    # A breach and a lawful case stand in turn: each pair has a voice, or some voices would speak of breaches alone.
    wanted = [(VOICES[index // 2 % len(VOICES)], case.utterances[0]) for index, (case, _) in enumerate(cases)]
    lines: list[SpokenCase] = []
    for index, ((case, passports), (voice, _), samples) in enumerate(
        zip(cases, wanted, made_speech(wanted), strict=True)
    ):
        if samples is None:
            continue
        for level, conditions in LEVELS.items():
            condition, weaker_db = conditions[index // 2 // len(VOICES) % len(conditions)]
            lines.append(
                SpokenCase(
                    case=case,
                    kind=kind_of(case.id),
                    passports=passports,
                    voice=voice,
                    level=level,
                    condition=condition,
                    samples=degrade(samples, condition, seed=index, weaker_db=weaker_db),
                )
            )
    return lines


def given(folder: Path) -> list[SpokenCase]:
    """Lines that somebody recorded: `texts.jsonl` in the folder, cases with `file`, `voice` and `passports`."""
    from bench.asr_material import read_speech

    lines: list[SpokenCase] = []
    for row in (folder / "texts.jsonl").read_text(encoding="utf-8").splitlines():
        content = json.loads(row)
        case = Case(
            id=content["case"],
            set_name="given",
            utterances=(content["text"],),
            product_id=content.get("product_id"),
            classes=tuple(content["classes"]),
            verdicts=(),
        )
        lines.append(
            SpokenCase(
                case=case,
                kind="",
                passports=folder / content["passports"],
                voice=content.get("voice", ""),
                level="given",
                condition="given",
                samples=read_speech(folder / content["file"]),
            )
        )
    return lines


def kind_of(case_id: str) -> str:
    """How an evasion was written (code, filler, paraphrase …); empty for plain cases."""
    return case_id.partition("-")[2] if case_id.startswith("g_evasion.") else ""


def _fits(case: Case) -> bool:
    if case.set_name == "g_evasion" and int(re.sub(r"\D", "", case.id.partition("-")[0])) % 2 == 0:
        return False
    return len(case.utterances) == 1 and SAYABLE.fullmatch(case.utterances[0]) is not None


def texts_of(lines: Sequence[SpokenCase]) -> list[str]:
    """What was to be said."""
    return [line.case.utterances[0] for line in lines]

"""Cases of what is said against what is registered: as they were written, and as a recogniser heard some of them."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.checkout import CASES_DIR
from claims.text.normalise import normalise
from claims.text.numbers import find_numbers
from claims.types import Channel, Doubt, Frozen, Passage

FOLDER = CASES_DIR / "registered"


class RecognisedUtterance(Frozen):
    """The `number`th utterance of a case as a recogniser heard it, and what it was not sure of."""

    case: str
    number: int
    voice: str
    text: str
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredCase:
    """What is said or shown of one product.

    `contradicted`: the path of what the words `said` contradict, None for a look-alike. `heard`: the utterances as they
    were heard, where it is judged by them.
    """

    id: str
    part: str
    kind: str
    channel: Channel
    product_id: str
    utterances: tuple[str, ...]
    contradicted: str | None
    said: str | None
    heard: tuple[RecognisedUtterance, ...] | None = None

    @property
    def passages(self) -> list[Passage]:
        """The utterances, four seconds apart; of those that were heard only what there was to hear."""
        written: list[tuple[str, tuple[Doubt, ...]]] = [(text, ()) for text in self.utterances]
        texts = written if self.heard is None else [(one.text, one.doubts) for one in self.heard]
        return [
            Passage(
                stream_id=self.id,
                id=f"{self.id}.{number}",
                channel=self.channel,
                start_ms=number * 4000,
                end_ms=number * 4000 + 3600,
                text=text,
                doubts=doubts,
                product_id=self.product_id,
            )
            for number, (text, doubts) in enumerate(texts)
            if text
        ]


def read_registered(part: str, folder: Path = FOLDER) -> tuple[RegisteredCase, ...]:
    """The cases of one part, `dev` or `test`, without those that `REMOVED.md` names with the reason."""
    removed = set(re.findall(r"^- (\S+):", (folder / part / "REMOVED.md").read_text(encoding="utf-8"), re.MULTILINE))
    lines = (folder / part / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(
        RegisteredCase(
            id=record["case"],
            part=part,
            kind=record["kind"],
            channel=record["channel"],
            product_id=record["product_id"],
            utterances=tuple(record["utterances"]),
            contradicted=record["contradicted"],
            said=record["said"],
        )
        for record in map(json.loads, lines)
        if record["case"] not in removed
    )


def heard_file(part: str) -> Path:
    """What was heard of the part's cases, as `training/speech/hear_registered.py` writes it."""
    return FOLDER / part / "heard.jsonl"


def read_heard(cases: Sequence[RegisteredCase], file: Path | None = None) -> list[RegisteredCase]:
    """The cases of one part of which every utterance was spoken, as they were heard; none where nothing was heard."""
    if not cases:
        return []
    file = heard_file(cases[0].part) if file is None else file
    if not file.is_file():
        return []
    by_case: dict[str, dict[int, RecognisedUtterance]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        one = RecognisedUtterance.model_validate_json(line)
        by_case.setdefault(one.case, {})[one.number] = one
    spoken = ((case, by_case.get(case.id, {})) for case in cases)
    return [
        replace(case, heard=tuple(heard[n] for n in range(len(heard))))
        for case, heard in spoken
        if heard.keys() == set(range(len(case.utterances)))
    ]


def is_heard_right(case: RegisteredCase) -> bool:
    """True where the words that contradict were heard: all their numbers, or each character where there is none.

    A numeral that may be part of a word (一体) is no number here.
    """
    if case.said is None or case.heard is None:
        return False
    said, heard = normalise(case.said).text, [normalise(one.text).text for one in case.heard]
    numbers = find_numbers(said)
    if not numbers or any(number.single_digit_word for number in numbers):
        return any(said in text for text in heard)
    values = {(number.low, number.high) for number in numbers}
    return any(values <= {(number.low, number.high) for number in find_numbers(text)} for text in heard)

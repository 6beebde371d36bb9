"""How flags stand to labelled talk: recall, precision and false alarms an hour, as the scorer of live talk counts them.

A flag stands where its quote stands: in the passage that holds it, the last of its passages if none does. There it is
true (breach), false (lawful) or neither (unsure). A flag over more than three passages, or with a quote above 80
characters, is false unless it is true where it stands. A breach is found if a true flag stands in it, or if a flag over
at most two passages touches it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from claims.types import Disposition, Finding
from cli.policy.labelled_talk import Engines, Said, hours, windows_of

_WIDEST, _TOUCHES, _LONGEST = 3, 2, 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A finding that is flagged, and the passage where its quote stands."""

    finding: Finding
    at: Said
    touches: tuple[Said, ...]

    @property
    def is_true(self) -> bool:
        """True if it stands in a breach."""
        return self.at.label == "breach"

    @property
    def is_false(self) -> bool:
        """True if it stands in a lawful passage, or is too wide to say where."""
        wide = len(self.touches) > _WIDEST or len(self.finding.quote) > _LONGEST
        return self.at.label == "lawful" or (wide and not self.is_true)


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkScore:
    """What flags are worth on labelled talk; `false_per_hour` counts flags, `hours` is how long the talk took."""

    hours: float
    flags: int
    recall: float
    recall_right_class: float
    precision: float
    false_per_hour: float


def flags_of(said: Sequence[Said], engines: Engines) -> list[Flag]:
    """Everything that is flagged in the talk, with where it stands."""
    found: list[Flag] = []
    for window in windows_of(said):
        by_id = {f"{one.window}.{one.number}": one for one in window}
        for finding in engines.findings(window):
            if finding.disposition is Disposition.FLAG:
                found.append(flag_of(finding, by_id))
    return found


def flag_of(finding: Finding, by_id: Mapping[str, Said]) -> Flag:
    """The flag with the passage where it stands."""
    touches = tuple(by_id[passage_id] for passage_id in finding.passage_ids)
    quote = _plain(finding.quote)
    at = next((one for one in touches if quote and quote in _plain(one.text)), touches[-1])
    return Flag(finding=finding, at=at, touches=touches)


def score(said: Sequence[Said], flags: Iterable[Flag]) -> TalkScore:
    """What these flags are worth."""
    flags = list(flags)
    touched: dict[tuple[str, int], set[str]] = {}
    for flag in flags:
        for one in (flag.at, *(flag.touches if len(flag.touches) <= _TOUCHES else ())):
            touched.setdefault((one.window, one.number), set()).add(flag.finding.class_id)
    breaches = [one for one in said if one.label == "breach"]
    found = [one for one in breaches if (one.window, one.number) in touched]
    right = [one for one in found if touched[one.window, one.number] & set(one.classes)]
    true, false = sum(f.is_true for f in flags), sum(f.is_false for f in flags)
    took = hours(said)
    return TalkScore(
        hours=took,
        flags=len(flags),
        recall=len(found) / max(1, len(breaches)),
        recall_right_class=len(right) / max(1, len(breaches)),
        precision=true / max(1, true + false),
        false_per_hour=false / took,
    )


def recall_at(scores: Sequence[float], breach: Sequence[bool], precision: float) -> float:
    """The most breaches found by any bar on the scores at which flags are this precise."""
    best = hits = 0
    ordered = sorted(zip(scores, breach, strict=True), key=lambda pair: -pair[0])
    for place, (_, is_breach) in enumerate(ordered, 1):
        hits += is_breach
        if hits >= precision * place:
            best = hits
    return best / max(1, sum(breach))


def area(scores: Sequence[float], breach: Sequence[bool]) -> float:
    """The area under the curve: how likely a breach scores higher than lawful talk, ties as a half."""
    ordered = sorted(zip(scores, breach, strict=True))
    below = wins = 0.0
    for tied in _tied(ordered):
        lawful = sum(not is_breach for _, is_breach in tied)
        wins += (len(tied) - lawful) * (below + lawful / 2)
        below += lawful
    return wins / max(1.0, below * sum(breach))


def _tied(ordered: Sequence[tuple[float, bool]]) -> Iterator[list[tuple[float, bool]]]:
    group: list[tuple[float, bool]] = []
    for pair in ordered:
        if group and pair[0] != group[0][0]:
            yield group
            group = []
        group.append(pair)
    if group:
        yield group


def _plain(text: str) -> str:
    return re.sub(r"\W", "", text)

"""What each detector of a policy is worth on labelled talk: its hits, true and false, and what is lost without it."""

import importlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from claims.engine.conversation import ClaimEngine
from claims.engine.heard_over_soundalike import AssessedClaim
from claims.engine.judged import Judged
from claims.engine.scene import Scene
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.types import Passage
from cli.policy.labelled_talk import AT, Case, Engines, Said, passages, read_cases, windows_of, written
from cli.shell.records import InputError

Row = dict[str, object]
Place = tuple[str, str]


@dataclass(slots=True)
class _Tally:
    """Where a detector made a claim that counts: places in breaches, in lawful talk, and in neither."""

    true: set[Place] = field(default_factory=set)
    false: set[Place] = field(default_factory=set)
    unsure: set[Place] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    rule: str
    place: Place
    flags: bool


class Measure:
    """Counts the claims of detectors over labelled talk, judged by rules and records alone."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._flagged, self._noted = dict[str, _Tally](), dict[str, _Tally]()
        self._by_place: dict[Place, set[str]] = {}

    def add_talk(self, said: Sequence[Said]) -> None:
        """Counts windows of passages, each with its label."""
        engines = Engines(self._policy)
        for window in windows_of(said):
            labels = {f"{one.window}.{one.number}": one.label for one in window}
            self._count(_hits(engines.of(window[0].category), passages(window, "P"), self._policy), labels)

    def add_cases(self, cases: Iterable[Case], passports: Sequence[Passport]) -> None:
        """Counts cases, of which a whole one is a breach or lawful."""
        engine = ClaimEngine(self._policy, passports, at=AT)
        for case in cases:
            label = "breach" if case.classes else "lawful"
            self._count(_hits(engine, case.passages, self._policy), {p.id: label for p in case.passages})

    def _count(self, hits: Iterable[_Hit], labels: Mapping[str, str]) -> None:
        for hit in hits:
            label = labels[hit.place[1]]
            tally = (self._flagged if hit.flags else self._noted).setdefault(hit.rule, _Tally())
            {"breach": tally.true, "lawful": tally.false, "unsure": tally.unsure}[label].add(hit.place)
            if hit.flags and label == "breach":
                self._by_place.setdefault(hit.place, set()).add(hit.rule)

    def rows(self) -> list[Row]:
        """A row for each detector of the policy, those with the most false flags first."""
        rows = [
            self._row(rule.name, protected=rule.rule.protected, score=rule.rule.score) for rule in self._policy.rules
        ]
        return sorted(rows, key=lambda row: (-int(str(row["false"])), -int(str(row["true"])), str(row["detector"])))

    def _row(self, name: str, *, protected: bool, score: float) -> Row:
        flagged, noted = self._flagged.get(name, _Tally()), self._noted.get(name, _Tally())
        true, false = len(flagged.true), len(flagged.false)
        return {
            "detector": name,
            "score": score,
            "protected": protected,
            "true": true,
            "false": false,
            "unsure": len(flagged.unsure),
            "precision": round(true / (true + false), 3) if true + false else None,
            "lost without it": sum(self._by_place[place] == {name} for place in flagged.true),
            "noted true": len(noted.true),
            "noted false": len(noted.false),
        }


def _hits(engine: ClaimEngine, said: Iterable[Passage], policy: Policy) -> list[_Hit]:
    """Every claim of a detector that is no harmless one, where its words end."""
    found: list[_Hit] = []

    def note(scene: Scene, judged: Sequence[Judged], assessed: Sequence[AssessedClaim]) -> None:
        for claim in assessed:
            one = claim.judged
            if one.harmless or one.score < policy.settings.note_at:
                continue
            flags = one.flags and not one.judgement.note_only and not one.shadow
            found.append(_Hit(rule=one.rule_name, place=(claim.passage.stream_id, claim.passage.id), flags=flags))

    conversation = None
    for passage in said:
        conversation = conversation or engine.conversation(passage.stream_id, watch=note)
        conversation.hear(passage)
    if conversation is not None:
        conversation.flush()
    return found


def labelled(file: Path) -> Iterator[Case] | list[Said]:
    """The cases or the windows that the file holds; InputError names what is wrong with it."""
    try:
        first = json.loads(next(iter(file.read_text(encoding="utf-8").splitlines()), "null"))
        if isinstance(first, dict) and "passages" in first:
            return written(file)
        if isinstance(first, dict) and "utterances" in first:
            return iter(list(read_cases(file)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file}: can't be read as labelled talk: {error!r}") from error
    raise InputError(f"{file}: holds neither windows (window, goods, passages) nor cases (case, utterances, expected)")


def labelled_rooms(git_dir: Path) -> list[Said]:
    """The labelled talk of rooms that was fetched; InputError without the benchmarks, which bring the labels."""
    try:
        talk = importlib.import_module("bench.talk_rows")
    except ModuleNotFoundError as error:
        raise InputError(
            "--liveamr: its labels come with the benchmarks, which are not installed; in a checkout of the project, "
            "call `pip install -e ./bench`"
        ) from error
    try:
        said: list[Said] = talk.rooms(talk.fetched_windows(git_dir))
    except talk.TalkMissing as error:
        raise InputError(str(error)) from error
    return said

"""Words that a customer lists for itself: to be found, to be watched, or not to be found; matched on what was heard.

They stand beside the policy and never over it: what was said outright against the law, and what contradicts a
passport, is found whatever anybody allows.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from claims.text.normalise import is_cjk, normalise
from claims.text.spell import sound_classes, spell
from claims.types import Disposition, ExemptionTrial, Finding, Frozen, Match, Passage, ScoreStep, VerdictKind, Witness

WATCHED_CLASS = "WATCHED_WORD"
ALLOWED = "tenant_words"
MOST_WORDS = 5_000
_MOST_PASSAGES = 200
_SHORTEST_SOUND = 2
_BLOCK_SCORE, _WATCH_SCORE = 1.0, 0.5
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class ListedWord(Frozen):
    """A word, and what is to become of it where it is said or shown.

    `block`: it is found, as a claim of `class_id`. `watch`: it is noted, and asks nobody's time. `allow`: a finding
    that rests on it alone becomes a note. `match`: as it is written (also in traditional characters, and with signs
    between), by its sound as well, or spelled in letters as well. `until`: the moment at which it ends; None: never.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"kind": "watch", "word": "jianfei"}]}
    )

    kind: Literal["block", "watch", "allow"]
    word: Annotated[str, Field(min_length=1, max_length=60)]
    class_id: Annotated[str | None, Field(alias="class", max_length=60)] = None
    match: Literal["text", "sound", "spelling"] = "text"
    until: datetime | None = None
    note: Annotated[str, Field(max_length=500)] = ""

    @field_validator("until")
    @classmethod
    def _zoned(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("has no offset; write 2026-12-31T00:00:00+08:00")
        return value

    @model_validator(mode="after")
    def _whole(self) -> "ListedWord":
        folded = _folded(self.word)
        if not folded:
            raise ValueError(f"word {self.word!r} has no letter and no figure; a word must have one")
        if self.kind == "block" and not self.class_id:
            raise ValueError("class: a word that is blocked names the class of the taxonomy that it is found as")
        if self.kind != "block" and self.class_id:
            raise ValueError(f"class: only a word that is blocked has one, this one is {self.kind}; leave it out")
        if self.match != "text" and not all(map(is_cjk, folded)):
            raise ValueError(f"match {self.match}: {self.word!r} is not of Chinese characters alone; match it as text")
        if self.match == "sound" and len(folded) < _SHORTEST_SOUND:
            raise ValueError("match sound: one syllable is said everywhere; give a word of two or more, or match text")
        return self

    @property
    def id(self) -> str:
        """The same for the same word of the same kind, class and match."""
        identity = "\x1f".join((self.kind, _folded(self.word), self.class_id or "", self.match))
        return "w_" + hashlib.sha256(identity.encode()).hexdigest()[:12]

    def is_in_force(self, at: datetime) -> bool:
        """Whether it has not ended by then."""
        return at < (self.until or _END_OF_TIME)


class WordTerms(Frozen):
    """What a class of the policy means for a finding: its law, how grave it is, and what is advised."""

    law: tuple[str, ...] = ()
    law_status: str = ""
    severity: str = "medium"
    advice: str = ""


class WordList(Frozen):
    """A customer's words, and what the classes that they name meant when they were listed."""

    words: Annotated[tuple[ListedWord, ...], Field(max_length=MOST_WORDS)] = ()
    terms: dict[str, WordTerms] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Characters `[start, end)` of a text in which a word is."""

    start: int
    end: int


class Words:
    """A word list, ready to be looked for; `name`: its version, as findings name it."""

    def __init__(self, listed: WordList, name: str) -> None:
        self.name = name
        self._terms = listed.terms
        self._allowed_words = [_Sought(word) for word in listed.words if word.kind == "allow"]
        self._sought = [_Sought(word) for word in listed.words if word.kind != "allow"]

    def found(self, text: str, at: datetime) -> Iterator[tuple[ListedWord, list[Occurrence]]]:
        """The words to be found or watched that are in force then and in the text, each with its places."""
        return self._found(self._sought, text, at)

    def _found(
        self, words: Sequence["_Sought"], text: str, at: datetime
    ) -> Iterator[tuple[ListedWord, list[Occurrence]]]:
        folded = _Folded(text)
        for sought in words:
            if sought.word.is_in_force(at) and (places := sought.places(folded)):
                yield sought.word, places

    def allowing(self, finding: Finding, at: datetime) -> ListedWord | None:
        """The allowed word on which alone the finding rests; None: there is none."""
        rests_on = [match.heard for match in finding.match if match.heard in finding.quote] or [finding.quote]
        for word, places in self._found(self._allowed_words, finding.quote, at):
            heard = [finding.quote[place.start : place.end] for place in places]
            if all(any(part in one for one in heard) for part in rests_on):
                return word
        return None

    def applied(
        self, passages: Sequence[Passage], findings: Iterable[Finding], at: datetime, before: Mapping[str, Finding]
    ) -> list[Finding]:
        """The findings with what is allowed as notes, and those of words that are to be found or watched.

        `before`: findings of words that are stored, by id; one of the same word in the same broadcast goes on.
        """
        done = [self._allowed(finding, at) for finding in findings]
        own: dict[str, Finding] = {}
        for passage in passages:
            for word, places in self.found(passage.text, at):
                made = self._finding(passage, word, places[0])
                known = own.get(made.finding_id) or before.get(made.finding_id)
                own[made.finding_id] = made if known is None else _again(known, made)
        return [*done, *own.values()]

    def ids(self, passages: Sequence[Passage], at: datetime) -> set[str]:
        """The ids of the findings that these passages would make."""
        return {
            _finding_id(passage.stream_id, word) for passage in passages for word, _ in self.found(passage.text, at)
        }

    def _allowed(self, finding: Finding, at: datetime) -> Finding:
        if finding.disposition is not Disposition.FLAG:
            return finding
        word = self.allowing(finding, at)
        if word is None:
            return finding
        kept = keeps(finding)
        why = f"{word.word} ({self.name})" + (f"; {kept}" if kept else "")
        trial = ExemptionTrial(id=ALLOWED, applies=not kept, why=why)
        tried = replace(finding, exemptions=(*finding.exemptions, trial))
        return tried if kept else replace(tried, disposition=Disposition.NOTE)

    def _finding(self, passage: Passage, word: ListedWord, place: Occurrence) -> Finding:
        class_id = word.class_id or WATCHED_CLASS
        terms = self._terms.get(class_id, WordTerms())
        quote = passage.text[place.start : place.end]
        blocks = word.kind == "block"
        hinted = any(one.start < place.end and place.start < one.end for one in passage.unconfirmed)
        score = _BLOCK_SCORE if blocks else _WATCH_SCORE
        witness = Witness(
            channel=passage.channel,
            passage_ids=(passage.id,),
            start_ms=passage.start_ms,
            end_ms=passage.end_ms,
            quote=quote,
        )
        return Finding(
            finding_id=_finding_id(passage.stream_id, word),
            stream_id=passage.stream_id,
            passage_ids=(passage.id,),
            start_ms=passage.start_ms,
            end_ms=passage.end_ms,
            channel=passage.channel,
            quote=quote,
            normalised=word.word,
            class_id=class_id,
            verdict=VerdictKind.BANNED if blocks else VerdictKind.UNSUPPORTED,
            disposition=Disposition.FLAG if blocks and not hinted else Disposition.NOTE,
            severity=terms.severity,
            score=score,
            product_id=passage.product_id,
            claimed=word.word,
            registered=None,
            passport_path=None,
            passport_version=None,
            law=terms.law,
            law_status=terms.law_status,
            policy=self.name,
            rule=f"{class_id}.{ALLOWED}",
            match=(Match(kind=f"listed_{word.match}", heard=quote, meant=word.word),),
            exemptions=(),
            score_steps=(ScoreStep(step=ALLOWED, value=score),),
            advice=terms.advice,
            witnesses=(witness,),
        )


def keeps(finding: Finding) -> str:
    """Why the finding stands whatever is allowed; empty: nothing keeps it."""
    if finding.protected:
        return "said outright, so it stands"
    return "contradicts what is registered, so it stands" if finding.verdict is VerdictKind.CONTRADICTED else ""


def _again(known: Finding, made: Finding) -> Finding:
    """The finding with one more passage; told of the same passage twice it is as it was."""
    if made.passage_ids[0] in known.passage_ids or len(known.passage_ids) >= _MOST_PASSAGES:
        return known
    witnesses = known.witnesses
    if all(one.channel != made.channel for one in witnesses):
        witnesses = (*witnesses, *made.witnesses)
    flagged = Disposition.FLAG in {known.disposition, made.disposition}
    return replace(
        known,
        passage_ids=(*known.passage_ids, *made.passage_ids),
        count=known.count + 1,
        witnesses=witnesses,
        disposition=Disposition.FLAG if flagged else known.disposition,
    )


def _finding_id(stream_id: str, word: ListedWord) -> str:
    return "f_" + hashlib.sha256(f"{stream_id}\x1f{ALLOWED}\x1f{word.id}".encode()).hexdigest()[:20]


def _folded(text: str) -> str:
    return _Folded(text).text


class _Folded:
    """A text as words are looked for in it: folded, without signs and spaces, each character with its place."""

    def __init__(self, text: str) -> None:
        normalised = normalise(text)
        kept = [index for index, char in enumerate(normalised.text) if char.isalnum()]
        self.original = text
        self.text = "".join(normalised.text[index] for index in kept)
        self._starts = [normalised.starts[index] for index in kept]
        self._ends = [normalised.ends[index] for index in kept]
        self._sounds: str | None = None

    @property
    def sounds(self) -> str:
        """A character for each character's syllable, the same for those that are taken for one another."""
        if self._sounds is None:
            self._sounds = _sounds(self.text)
        return self._sounds

    def place(self, start: int, end: int) -> Occurrence:
        return Occurrence(self._starts[start], self._ends[end - 1])

    def is_apart(self, start: int, end: int) -> bool:
        """Whether no letter or figure touches it where it begins or ends with one."""
        place = self.place(start, end)
        before, after = self.original[: place.start][-1:], self.original[place.end :][:1]
        return not (_is_latin(before) and _is_latin(self.text[start])) and not (
            _is_latin(after) and _is_latin(self.text[end - 1])
        )


class _Sought:
    def __init__(self, word: ListedWord) -> None:
        self.word = word
        self._text = _folded(word.word)
        self._letters = "".join(spell(self._text)) if word.match == "spelling" else ""
        self._sounds = _sounds(self._text) if word.match == "sound" else ""

    def places(self, folded: _Folded) -> list[Occurrence]:
        spans = {*_spans(folded.text, self._text)}
        if self._letters:
            spans |= {*_spans(folded.text, self._letters)}
        if self._sounds:
            spans |= {*_spans(folded.sounds, self._sounds)}
        return [folded.place(start, end) for start, end in sorted(spans) if folded.is_apart(start, end)]


_SOUND_CODES: dict[str, str] = {}
_FIRST_CODE = 0xE000


def _sounds(text: str) -> str:
    """The text with a character of Unicode's private use for the class of each Han character's syllable."""
    return "".join(
        _SOUND_CODES.setdefault(sound_classes(char)[0], chr(_FIRST_CODE + len(_SOUND_CODES))) if is_cjk(char) else char
        for char in text
    )


def _spans(text: str, sought: str) -> Iterator[tuple[int, int]]:
    at = text.find(sought)
    while at >= 0:
        yield at, at + len(sought)
        at = text.find(sought, at + 1)


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()

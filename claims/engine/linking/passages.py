"""Whole passages read beside registered texts, for what is said in words that no vocabulary lists (滴水不进).

Of the texts of a passport the nearest to the passage are read with it. A small model weighs what the reader makes of
each pair with what else speaks for it; what it finds is a contradiction in words, never one of numbers.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from claims.classifier.reading import Links, pair_of
from claims.engine.checkers.base import contradicted
from claims.engine.linking.answers import Turn, Values, span_before, turn_features, turn_of
from claims.engine.linking.asides import asides_in, contexts_of
from claims.engine.linking.claim import LinkedClaim
from claims.engine.linking.entries import PassportCache
from claims.engine.linking.features import Features, label_share
from claims.engine.linking.kinds import (
    MATERIAL,
    WordEntry,
    WordMention,
    is_stated_in,
    is_written_in,
    may_be_said_of,
    word_agrees,
    words_registered,
)
from claims.engine.linking.model import READ, passage_likelihood, passage_steps
from claims.engine.window import Window
from claims.passports.passport import Passport
from claims.policy.linking import PassageModel
from claims.policy.policy import Policy
from claims.text.normalise import clauses_of, normalise

# So much of a passage is read, of what stands before it, and for telling which texts are near.
LONGEST, BEFORE, POINTED = 90, 30, 100
_SHORTEST = 4
_SHOWN, _LISTED = 60, 90
# A clause carries the claim where it is read nearly as surely as the passage (log-odds).
_NEARLY = 1.5
# The features of what else is known of the passage: single words that are linked, and other texts that were read.
LINKED, LINKED_ODDS = "its words are linked to it", "how likely its words say otherwise"
OTHERS = "a reader of another text says otherwise"
_MOST_ODDS, _LEAST_ODDS = 3.892, -3.0
_OF_PARTS = ("composition", "materials")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextEntry:
    """A registered text: its place, what it is called, what it says, and the words that are linked to it, if any."""

    path: str
    label: str
    shown: str
    sorts: frozenset[str]
    entry: WordEntry | None = None

    @property
    def text(self) -> str:
        """As it is read."""
        return f"{self.label}:{self.shown}"


def _texts(passport: Passport, policy: Policy) -> list[TextEntry]:
    # A country alone is told by the names of places; every passage would be read for it.
    left_out = _OF_PARTS if passport.origin_region else (*_OF_PARTS, "origin")
    found = [
        TextEntry(path=e.path, label=e.label, shown=e.shown[:_SHOWN], sorts=e.types, entry=e)
        for e in words_registered(passport, policy)
        if not e.path.startswith(left_out) and any(char.isalnum() for char in normalise(e.shown).text)
    ]
    labels = policy.linking.lists
    if passport.materials:
        shares = (f"{m.name}{'' if m.percent is None else f'{m.percent.normalize():f}%'}" for m in passport.materials)
        shown = "、".join(shares)[:_SHOWN]
        path = passport.materials[0].path.rpartition(".")[0]
        found.append(TextEntry(path=path, label=labels.composition, shown=shown, sorts=frozenset({MATERIAL})))
    if passport.ingredients:
        shown = "、".join(passport.ingredients)[:_LISTED]
        found.append(TextEntry(path="ingredients", label=labels.ingredients, shown=shown, sorts=frozenset({MATERIAL})))
    return found


texts_of = PassportCache(_texts).of


@dataclass(frozen=True, slots=True, kw_only=True)
class ByWord:
    """What is known of a passage word by word: its words of which a thing has only one, and what is linked to them.

    `agreed`: the paths of registered values with which numbers of the passage agree and none differs, however likely
    they are meant.
    """

    words: Sequence[WordMention]
    claims: Sequence[LinkedClaim]
    agreed: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadText:
    """A registered text that was read with the passage: the `rank`th, how near, and the odds that it contradicts."""

    of: TextEntry
    rank: int
    near: float
    log_odds: float


def nearest_texts(
    window: Window, passport: Passport, policy: Policy, links: Links, entries: int
) -> list[tuple[TextEntry, float]]:
    """The registered texts nearest to the passage in focus, each with how near it is."""
    text = _read_of(window)
    texts = texts_of(passport, policy)
    is_short = len(text) < _SHORTEST and turn_of(window, policy.linking.answers).affirms is None
    if is_short or not texts:
        return []
    near = _nearness(before_of(window), text, [one.text for one in texts], links)
    order = sorted(range(len(near)), key=lambda n: (-near[n], n))[:entries]
    return [(texts[n], near[n]) for n in order]


def texts_read(
    window: Window, passport: Passport, policy: Policy, links: Links, entries: int, nearness: float
) -> list[ReadText]:
    """The same, each read with the passage, as far as they are as near as `nearness`."""
    found = nearest_texts(window, passport, policy, links, entries)
    picked = [(of, near) for of, near in found if near >= nearness]
    before, text = before_of(window), _read_of(window)
    read = links.differs([pair_of(passport.name, of.text, before, text) for of, _ in picked])
    ranked = enumerate(zip(picked, read, strict=True))
    return [ReadText(of=of, rank=rank, near=near, log_odds=odds) for rank, ((of, near), odds) in ranked]


def pointed_of(before: str, text: str) -> tuple[str, ...]:
    """What tells which entry a passage speaks of: the passage, and with what stands before it, as of an answer."""
    return (text, (before + text)[:POINTED]) if before else (text,)


def _nearness(before: str, text: str, entries: Sequence[str], links: Links) -> list[float]:
    """How near each entry is to the passage, alone or with what stands before it, whichever is nearer."""
    every = [links.nearness(pointed, entries) for pointed in pointed_of(before, text)]
    return [max(near) for near in zip(*every, strict=True)]


def passage_features(
    read: ReadText,
    others: Sequence[ReadText],
    window: Window,
    known: ByWord,
    about: Features,
    turn: Turn,
    policy: Policy,
) -> Features:
    """What speaks for the passage contradicting the text, and what against it.

    `others`: what else was read with the passage; `about`: of what else the passage speaks; `turn`: what it makes of
    the one before it.
    """
    text, entry = _read_of(window), read.of.entry
    found = {
        READ: read.log_odds,
        "the nearest registered text": float(read.rank == 0),
        "its label's characters are in the passage": label_share(read.of.label, text, policy.linking),
    }
    said = _values_in(text, (window.focus_start, window.focus_end), read.of, known, policy)
    if entry is not None:
        found |= {
            "it is named": float(any(name in text for name in entry.names if len(name) > 1)),
            "another value is said": float(said.another),
            "what is registered is not understood": float(not entry.is_known),
        }
    agreed = entry is not None and any(_is_of(path, read.of) for path in known.agreed)
    found["the registered value is said"] = float(said.registered or agreed)
    found |= {**about, **_linked_features(read.of, known.claims)}
    asked = _values_in(turn.before, span_before(window), read.of, known, policy)
    found |= turn_features(turn, normalise(read.of.shown).text, asked, said, policy.linking.answers)
    if others:
        found[OTHERS] = max(_LEAST_ODDS, *(one.log_odds for one in others))
    return {name: value for name, value in found.items() if value}


def _values_in(text: str, span: tuple[int, int], of: TextEntry, known: ByWord, policy: Policy) -> Values:
    """Which values of a registered text stand in the text, and in the words whose end lies in the span."""
    if of.entry is None:
        parts = (part.rstrip("0123456789.%") for part in normalise(of.shown).text.split("、"))
        return Values(registered=any(part in text for part in parts if part), another=False)
    entry = of.entry
    own = [m for m in known.words if span[0] < m.end <= span[1] and may_be_said_of(m, entry)]
    return Values(
        registered=is_stated_in(own, entry, policy) or is_written_in(text, entry),
        another=any(not word_agrees(m, entry, policy) for m in own),
    )


def _linked_features(of: TextEntry, linked: Sequence[LinkedClaim]) -> dict[str, float]:
    """What the linking of single words makes of the same text."""
    against = [c.likelihood for c in linked if c.judgement.by_value and _is_of(c.judgement.path, of)]
    if not against:
        return {}
    return {LINKED: 1.0, LINKED_ODDS: _odds(max(against))}


def _odds(likelihood: float) -> float:
    if not 0 < likelihood < 1:
        return _MOST_ODDS if likelihood >= 1 else -_MOST_ODDS
    return max(-_MOST_ODDS, min(_MOST_ODDS, math.log(likelihood / (1 - likelihood))))


def scored_texts(
    window: Window,
    passport: Passport,
    policy: Policy,
    links: Links,
    model: PassageModel,
    known: ByWord,
) -> list[tuple[ReadText, Features]]:
    """Every text that is read with the passage, with what speaks for a contradiction."""
    read = texts_read(window, passport, policy, links, model.entries, model.nearness)
    others = [[two for two in read if two is not one] for one in read]
    text, start = _read_of(window), window.focus_start
    about = asides_in(text, policy.linking) | contexts_of(start, start + len(text), window, policy) if read else {}
    turn = turn_of(window, policy.linking.answers)
    return [
        (one, passage_features(one, rest, window, known, about, turn, policy))
        for one, rest in zip(read, others, strict=True)
    ]


def is_read_otherwise(path: str, window: Window, passport: Passport, policy: Policy, links: Links) -> bool:
    """Whether a reader of the passage and the registered text of this path makes nothing of their contradicting."""
    model = policy.link_model.passages
    texts = [of.text for of in texts_of(passport, policy) if _is_of(path, of)]
    if model is None or model.stated_at is None or not texts:
        return False
    before, text = before_of(window), _read_of(window)
    read = links.differs([pair_of(passport.name, registered, before, text) for registered in texts])
    return max(read) < model.stated_at


def passage_claims(
    window: Window,
    passport: Passport,
    policy: Policy,
    model: PassageModel,
    links: Links,
    known: ByWord,
) -> Iterator[LinkedClaim]:
    """The registered text that the passage likeliest contradicts, where what is linked does not tell so already."""
    linked = [c.judgement.path for c in known.claims if c.likelihood >= c.flag_at]
    scored = [
        (features, one)
        for one, features in scored_texts(window, passport, policy, links, model, known)
        if not any(_is_of(path, one.of) for path in linked)
    ]
    if not scored:
        return
    features, best = max(scored, key=lambda pair: passage_likelihood(pair[0], model))
    likelihood = passage_likelihood(features, model)
    if likelihood < model.note_at:
        return
    start, end = _carrying(window, passport, best, links)
    why = "says otherwise, in words that no vocabulary lists"
    yield LinkedClaim(
        start=start,
        end=end,
        said_at=start,
        sorts=best.of.sorts,
        judgement=contradicted(
            why,
            registered=f"{best.of.label} {best.of.shown}",
            path=best.of.path,
            claimed=window.text[start:end],
        ),
        likelihood=round(likelihood, 3),
        steps=passage_steps(features, model),
        flag_at=model.flag_at,
        note_at=model.note_at,
        unlikely=0.0,
        is_read=True,
    )


def before_of(window: Window) -> str:
    """As much of what stands before the passage in focus as is read with it."""
    return window.text[max(0, window.focus_start - BEFORE) : window.focus_start]


def _read_of(window: Window) -> str:
    """As much of the passage in focus as is read."""
    return window.text[window.focus_start : min(window.focus_end, window.focus_start + LONGEST)]


def _is_of(path: str | None, of: TextEntry) -> bool:
    return path is not None and (path == of.path or path.startswith(f"{of.path}."))


def _carrying(window: Window, passport: Passport, read: ReadText, links: Links) -> tuple[int, int]:
    """Where the one clause stands that says it nearly as surely as the passage does; else the passage."""
    start, end = window.focus_start, window.focus_start + len(_read_of(window))
    clauses = [(start + at, start + to) for at, to in clauses_of(window.text[start:end]) if to - at >= _SHORTEST]
    if len(clauses) < 2:
        return clauses[0] if clauses else (start, end)
    before = before_of(window)
    pairs = [pair_of(passport.name, read.of.text, before, window.text[left:right]) for left, right in clauses]
    alone = links.differs(pairs)
    best = max(range(len(clauses)), key=lambda n: alone[n])
    return clauses[best] if alone[best] >= read.log_odds - _NEARLY else (clauses[0][0], clauses[-1][1])

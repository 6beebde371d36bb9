"""What is said against what is registered: each number and each word linked, compared, and told with its likelihood."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from claims.classifier.reading import Links, pair_of
from claims.engine.checkers.base import Judgement, contradicted, supported
from claims.engine.linking.candidates import Link
from claims.engine.linking.claim import LinkedClaim
from claims.engine.linking.entries import registered_of
from claims.engine.linking.entry import Entry
from claims.engine.linking.features import Features, features_of, scenery
from claims.engine.linking.heard_units import with_heard_units
from claims.engine.linking.kinds import MATERIAL, WordEntry, WordMention, words_in, words_registered
from claims.engine.linking.mentions import Mention, mentions_in
from claims.engine.linking.misheard import why_misheard
from claims.engine.linking.model import READ, likelihoods, link_steps
from claims.engine.linking.passages import ByWord, passage_claims
from claims.engine.linking.word_features import WordLink, word_features_of, word_scenery
from claims.engine.window import Window
from claims.passports.passport import Passport
from claims.policy.linking import LinkModel, ReadWeight
from claims.policy.policy import Policy
from claims.text.units import plain
from claims.types import ScoreStep

Spans = Sequence[tuple[int, int]]
# So much of what stands before and behind the words is read with them.
_READ_BEFORE, _READ_BEHIND, _MOST_READ = 40, 24, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said, of which product, by which policy it is judged, and who reads it beside what is registered."""

    window: Window
    passport: Passport
    policy: Policy
    asserted: Spans
    links: Links | None

    def pair(self, start: int, end: int, entry: Entry | WordEntry) -> str:
        """What is read of the words at [start, end) and an entry."""
        text = self.window.text
        before, behind = text[max(0, start - _READ_BEFORE) : start], text[end : end + _READ_BEHIND]
        return pair_of(self.passport.name, f"{entry.label}:{entry.shown}", before, text[start:end], behind)

    def read_by(self, model: LinkModel) -> ReadWeight | None:
        """What a reading of what differs is worth; None where nothing is read."""
        return model.read if self.links is not None else None


@dataclass(frozen=True, slots=True)
class _Option:
    """One link with its features and its likelihood."""

    link: Link | WordLink
    features: Features
    likelihood: float


@dataclass(frozen=True, slots=True)
class _Choice:
    """The attribute that is likeliest meant, others that may be, and how likely it is any that agrees as little."""

    option: _Option
    others: tuple[_Option, ...]
    likelihood: float


def linked_claims(
    window: Window, passport: Passport, policy: Policy, asserted: Spans = (), links: Links | None = None
) -> Iterator[LinkedClaim]:
    """Every number and every word in focus that may be said of what is registered, however likely.

    `asserted`: where detectors found statements of what is registered. `links`: reads pairs of what is said and what is
    registered; with it whole passages are read as well.
    """
    said = Said(window=window, passport=passport, policy=policy, asserted=asserted, links=links)
    known = word_by_word(said)
    yield from known.claims
    if links is not None and policy.link_model.passages is not None:
        yield from passage_claims(window, passport, policy, policy.link_model.passages, links, known)


def word_by_word(said: Said) -> ByWord:
    """The words of which a thing has only one, and every number and word in focus that is linked."""
    window, passport, policy = said.window, said.passport, said.policy
    mentions = mentions_in(window, policy.linking)
    if any(mention.is_bare for mention in mentions):
        mentions = with_heard_units(mentions, window, registered_of(passport, policy), policy.converter)
    words = words_in(window, passport, policy) if words_registered(passport, policy) else []
    agreement = _PathAgreement()
    claims = [*_numbers(said, mentions, agreement), *_words(said, words, mentions)]
    return ByWord(words=words, claims=claims, agreed=frozenset(agreement.agreed - agreement.differing))


class _PathAgreement:
    """The paths of registered values with which numbers of the passage agree, and those from which any differs."""

    def __init__(self) -> None:
        self.agreed: set[str] = set()
        self.differing: set[str] = set()

    def note(self, links: Sequence[Link]) -> None:
        """Another number, with all that it may be said of."""
        fitting = {link.entry.path for link in links if link.agrees}
        self.agreed |= fitting
        self.differing |= {link.entry.path for link in links} - fitting


def _numbers(said: Said, mentions: Sequence[Mention], agreement: _PathAgreement) -> Iterator[LinkedClaim]:
    """The numbers that are linked; with what they agree and from what they differ is noted in `agreement`."""
    window, policy = said.window, said.policy
    registered = registered_of(said.passport, policy)
    model = policy.link_model.numbers
    for mention in mentions if registered.entries else ():
        if not window.focus_start < mention.end <= window.focus_end:
            continue
        scene = scenery(window, mention, mentions, registered, policy, said.asserted)
        agreement.note(scene.links)
        features = [features_of(link, scene) for link in scene.links]
        chosen = _chosen(scene.links, features, model, said, mention)
        if chosen is None:
            continue
        link = chosen.option.link
        assert isinstance(link, Link)
        claimed = _claimed_text(mention, policy.messages.units)
        judgement = _judged(link.agrees, link.entry, claimed, link.entry.condition)
        is_material = link.entry.dimension == "share" and policy.materials.identify(link.entry.label) is not None
        yield _claim(
            said,
            mention,
            chosen,
            judgement,
            model,
            sorts=frozenset({MATERIAL}) if is_material else frozenset(),
            class_id=link.entry.class_id,
            misheard=why_misheard(mention, link.entry, mentions, window, policy),
        )


def _words(said: Said, words: Sequence[WordMention], mentions: Sequence[Mention]) -> Iterator[LinkedClaim]:
    window, policy = said.window, said.policy
    entries = words_registered(said.passport, policy)
    model = policy.link_model.words
    for mention in words:
        if not window.focus_start < mention.end <= window.focus_end:
            continue
        scene = word_scenery(window, mention, words, mentions, entries, policy, said.asserted)
        features = [word_features_of(link, scene) for link in scene.links]
        chosen = _chosen(scene.links, features, model, said, mention)
        if chosen is None:
            continue
        link = chosen.option.link
        assert isinstance(link, WordLink)
        judgement = _judged(link.agrees, link.entry, mention.text, None)
        yield _claim(said, mention, chosen, judgement, model, sorts=link.entry.types & mention.types)


def _claimed_text(mention: Mention, names: Mapping[str, str]) -> str:
    """The number as findings show what was claimed. `names`: of units that are not written by their ids."""
    low, high = plain(mention.low), plain(mention.high)
    value = low if low == high else f"{low}–{high}"
    unit = mention.classifier or names.get(mention.unit, mention.unit)
    return f"{value}{'' if unit == '%' else ' '}{unit}".strip()


def _chosen(
    links: Sequence[Link] | Sequence[WordLink],
    features: Sequence[Features],
    model: LinkModel,
    said: Said,
    mention: Mention | WordMention,
) -> _Choice | None:
    """The likeliest attribute whose value differs, or else one whose value agrees; None where there is neither."""
    shares = likelihoods(features, model)
    options = [_Option(links[n], own, shares[n]) for n, own in enumerate(features)]
    options = _read(options, model, said, mention)
    against = sorted((o for o in options if not o.link.agrees), key=lambda o: -o.likelihood)
    fitting = sorted((o for o in options if o.link.agrees), key=lambda o: -o.likelihood)
    differs, fits = _sum_of(against), _sum_of(fitting)
    if fitting and differs < model.note_at and fits >= model.supported_at:
        return _Choice(fitting[0], (), fits)
    if not against:
        return None
    others = tuple(o for o in against[1:] if o.likelihood >= model.note_at / 2)
    return _Choice(against[0], others, differs)


def _read(options: list[_Option], model: LinkModel, said: Said, mention: Mention | WordMention) -> list[_Option]:
    """The same with what the reader makes of those that differ, as far as they are likely at all."""
    weight = said.read_by(model)
    if said.links is None or weight is None:
        return options
    likely = [n for n, o in enumerate(options) if not o.link.agrees and o.likelihood >= weight.least]
    picked = sorted(likely, key=lambda n: -options[n].likelihood)[:_MOST_READ]
    if not picked:
        return options
    read = said.links.differs([said.pair(mention.start, mention.end, options[n].link.entry) for n in picked])
    features = [o.features for o in options]
    for n, log_odds in zip(picked, read, strict=True):
        features[n] = {**features[n], READ: log_odds + weight.offset}
    shares = likelihoods(features, model)
    return [_Option(o.link, features[n], shares[n]) for n, o in enumerate(options)]


def _sum_of(options: Sequence[_Option]) -> float:
    return math.fsum(option.likelihood for option in options)


def _judged(agrees: bool, entry: Entry | WordEntry, claimed: str, condition: str | None) -> Judgement:
    registered = f"{entry.label} {entry.shown}{f' ({condition})' if condition else ''}"
    if agrees:
        return supported("agrees with the registered value", registered=registered, path=entry.path, claimed=claimed)
    return contradicted("differs from the registered value", registered=registered, path=entry.path, claimed=claimed)


def _claim(
    said: Said,
    mention: Mention | WordMention,
    chosen: _Choice,
    judgement: Judgement,
    model: LinkModel,
    *,
    sorts: frozenset[str],
    class_id: str | None = None,
    misheard: str | None = None,
) -> LinkedClaim:
    option = chosen.option
    steps = link_steps(option.features, option.likelihood, model)
    likelihood = round(chosen.likelihood, 3)
    if likelihood != steps[-1].value:
        others = ", ".join(f"{other.link.entry.label} {other.likelihood:.2f}" for other in chosen.others)
        why = f"or said of another attribute, of which the same holds{': ' if others else ''}{others}"
        steps = (*steps, ScoreStep(step=why, value=likelihood))
    weight = said.read_by(model)
    return LinkedClaim(
        start=_start(said.window, mention.start, option.link.entry.names),
        end=mention.end,
        said_at=mention.start,
        sorts=sorts,
        judgement=judgement,
        likelihood=likelihood,
        steps=steps,
        flag_at=model.flag_at if weight is None else weight.flag_at,
        note_at=model.note_at,
        unlikely=model.unlikely if weight is None else model.note_at,
        class_id=class_id,
        misheard=misheard,
    )


def _start(window: Window, said_at: int, names: Sequence[str]) -> int:
    """Where the claim begins: at the attribute's name, if that stands in the clause before what is said."""
    left, _ = window.clause(said_at, said_at)
    clause = window.text[left:said_at]
    places = [(at + len(name), -at) for name in names if (at := clause.rfind(name)) >= 0]
    return left - max(places)[1] if places else said_at

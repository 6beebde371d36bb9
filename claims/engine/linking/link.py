"""What is said against what is registered: each number and each word linked, compared, and told with its likelihood."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from claims.engine.checkers.base import Judgement, contradicted, supported
from claims.engine.linking.entries import registered_of
from claims.engine.linking.entry import Entry
from claims.engine.linking.features import Features, Link, features_of, scenery
from claims.engine.linking.kinds import MATERIAL, WordEntry, words_in, words_registered
from claims.engine.linking.mentions import Mention, mentions_in
from claims.engine.linking.misheard import why_misheard
from claims.engine.linking.model import likelihoods, link_steps
from claims.engine.linking.word_features import WordLink, word_features_of, word_scenery
from claims.engine.window import Window
from claims.passports.passport import Passport
from claims.policy.linking import LinkModel
from claims.policy.policy import Policy
from claims.text.units import plain
from claims.types import ScoreStep

Spans = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedClaim:
    """What stands at [start, end) said of a registered attribute: how likely that is, step by step, and the verdict.

    `said_at`: where the number or the word itself begins. `attribute`: what the passport calls it, `sorts`: of which
    sort its values are, `class_id`: the class that speaks of it, if one does. `misheard`: why the number may have been
    heard wrong.
    """

    start: int
    end: int
    said_at: int
    attribute: str
    sorts: frozenset[str]
    judgement: Judgement
    likelihood: float
    steps: tuple[ScoreStep, ...]
    model: LinkModel
    class_id: str | None = None
    misheard: str | None = None


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


def linked_claims(window: Window, passport: Passport, policy: Policy, asserted: Spans = ()) -> Iterator[LinkedClaim]:
    """Every number and every word in focus that may be said of what is registered, however likely.

    `asserted`: where detectors found statements of what is registered.
    """
    mentions = mentions_in(window, policy.linking)
    yield from _numbers(window, passport, mentions, policy, asserted)
    yield from _words(window, passport, mentions, policy, asserted)


def _numbers(
    window: Window, passport: Passport, mentions: Sequence[Mention], policy: Policy, asserted: Spans
) -> Iterator[LinkedClaim]:
    registered = registered_of(passport, policy)
    model = policy.link_model.numbers
    for mention in mentions:
        if not registered.entries or not window.focus_start < mention.end <= window.focus_end:
            continue
        scene = scenery(window, mention, mentions, registered, policy.linking, asserted)
        features = [features_of(link, scene) for link in scene.links]
        chosen = _chosen(scene.links, features, model)
        if chosen is None:
            continue
        link = chosen.option.link
        assert isinstance(link, Link)
        start = _start(window, mention.start, link.entry.names)
        judgement = _judged(link.agrees, link.entry, _told(mention), link.entry.condition)
        misheard = why_misheard(mention, link.entry, mentions, window, policy)
        claim = _claim(start, mention.start, mention.end, chosen, judgement, model)
        is_material = link.entry.dimension == "share" and policy.materials.identify(link.entry.label) is not None
        sorts = frozenset({MATERIAL}) if is_material else frozenset()
        yield replace(claim, sorts=sorts, class_id=link.entry.class_id, misheard=misheard)


def _words(
    window: Window, passport: Passport, mentions: Sequence[Mention], policy: Policy, asserted: Spans
) -> Iterator[LinkedClaim]:
    entries = words_registered(passport, policy)
    if not entries:
        return
    words = words_in(window, passport, policy)
    model = policy.link_model.words
    for mention in words:
        if not window.focus_start < mention.end <= window.focus_end:
            continue
        scene = word_scenery(window, mention, words, mentions, entries, policy, asserted)
        features = [word_features_of(link, scene) for link in scene.links]
        chosen = _chosen(scene.links, features, model)
        if chosen is None:
            continue
        link = chosen.option.link
        assert isinstance(link, WordLink)
        start = _start(window, mention.start, link.entry.names)
        judgement = _judged(link.agrees, link.entry, mention.text, None)
        claim = _claim(start, mention.start, mention.end, chosen, judgement, model)
        yield replace(claim, sorts=link.entry.types & mention.types)


def _told(mention: Mention) -> str:
    """The number as findings show what was claimed."""
    low, high = plain(mention.low), plain(mention.high)
    value = low if low == high else f"{low}–{high}"
    return f"{value} {mention.unit or mention.classifier}".strip()


def _chosen(
    links: Sequence[Link] | Sequence[WordLink], features: Sequence[Features], model: LinkModel
) -> _Choice | None:
    """The likeliest attribute whose value differs, or else one whose value agrees; None where there is neither."""
    shares = likelihoods(features, model)
    options = [_Option(links[n], own, shares[n]) for n, own in enumerate(features)]
    against = sorted((o for o in options if not o.link.agrees), key=lambda o: -o.likelihood)
    fitting = sorted((o for o in options if o.link.agrees), key=lambda o: -o.likelihood)
    differs, fits = _sum_of(against), _sum_of(fitting)
    if fitting and differs < model.note_at and fits >= model.supported_at:
        return _Choice(fitting[0], (), fits)
    if not against:
        return None
    others = tuple(o for o in against[1:] if o.likelihood >= model.note_at / 2)
    return _Choice(against[0], others, differs)


def _sum_of(options: Sequence[_Option]) -> float:
    return math.fsum(option.likelihood for option in options)


def _judged(agrees: bool, entry: Entry | WordEntry, claimed: str, condition: str | None) -> Judgement:
    registered = f"{entry.label} {entry.shown}{f' ({condition})' if condition else ''}"
    if agrees:
        return supported("agrees with the registered value", registered=registered, path=entry.path, claimed=claimed)
    return contradicted("differs from the registered value", registered=registered, path=entry.path, claimed=claimed)


def _claim(start: int, said_at: int, end: int, chosen: _Choice, judgement: Judgement, model: LinkModel) -> LinkedClaim:
    option = chosen.option
    steps = link_steps(option.features, option.likelihood, model)
    likelihood = round(chosen.likelihood, 3)
    if likelihood != steps[-1].value:
        told = ", ".join(f"{other.link.entry.label} {other.likelihood:.2f}" for other in chosen.others)
        why = f"or said of another attribute, of which the same holds{': ' if told else ''}{told}"
        steps = (*steps, ScoreStep(step=why, value=likelihood))
    return LinkedClaim(
        start=start,
        end=end,
        said_at=said_at,
        attribute=option.link.entry.label,
        sorts=frozenset(),
        judgement=judgement,
        likelihood=likelihood,
        steps=steps,
        model=model,
    )


def _start(window: Window, said_at: int, names: Sequence[str]) -> int:
    """Where the claim begins: at the attribute's name, if that stands in the clause before what is said."""
    left, _ = window.clause(said_at, said_at)
    clause = window.text[left:said_at]
    places = [(at + len(name), -at) for name in names if (at := clause.rfind(name)) >= 0]
    return left - max(places)[1] if places else said_at

"""What is said against what is registered: each number and each word linked, compared, and told with its likelihood."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from claims.engine.checkers.base import Judgement, contradicted, supported
from claims.engine.linking.entries import Entry, registered_of
from claims.engine.linking.features import Features, Link, features_of, scenery
from claims.engine.linking.kinds import WordEntry, types_of, words_in, words_registered
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

_SUPPORTED_AT = 0.5
Spans = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedClaim:
    """What stands at [start, end) said of a registered attribute: how likely that is, step by step, and the verdict.

    `said_at`: where the number or the word itself begins. `attribute`: what the passport calls it, `sorts`: of which
    sort its values are. `misheard`: why the number may have been heard wrong.
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
    misheard: str | None = None


@dataclass(frozen=True, slots=True)
class _Option:
    """One link with its features and its likelihood."""

    link: Link | WordLink
    features: Features
    likelihood: float


def linked_claims(
    window: Window, passport: Passport, policy: Policy, asserted: Spans = ()
) -> Iterator[LinkedClaim]:
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
        option, others = chosen
        link = option.link
        assert isinstance(link, Link)
        start = _start(window, mention.start, link.entry.names)
        judgement = _judged(link.agrees, link.entry, _told(mention), link.entry.condition)
        misheard = why_misheard(mention, link.entry, mentions, window, policy)
        sorts = types_of(link.entry.label, policy.linking) if link.entry.dimension == "share" else frozenset()
        claim = _claim(start, mention.start, mention.end, option, others, judgement, model)
        yield replace(claim, sorts=sorts, misheard=misheard)


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
        option, others = chosen
        link = option.link
        assert isinstance(link, WordLink)
        start = _start(window, mention.start, link.entry.names)
        judgement = _judged(link.agrees, link.entry, mention.text, None)
        claim = _claim(start, mention.start, mention.end, option, others, judgement, model)
        yield replace(claim, sorts=link.entry.types & mention.types)


def _told(mention: Mention) -> str:
    """The number as findings show what was claimed."""
    low, high = plain(mention.low), plain(mention.high)
    value = low if low == high else f"{low}–{high}"
    return f"{value} {mention.unit or mention.classifier}".strip()


def _chosen(
    links: Sequence[Link] | Sequence[WordLink], features: Sequence[Features], model: LinkModel
) -> tuple[_Option, list[_Option]] | None:
    """The likeliest attribute whose value differs, or else one whose value agrees; with the others that may be meant."""
    shares = likelihoods(features, model)
    options = [_Option(*one) for one in zip(links, features, shares, strict=True)]
    against = [o for o in options if not o.link.agrees]
    fitting = [o for o in options if o.link.agrees]
    best = max(against, key=lambda o: o.likelihood, default=None)
    fits = max(fitting, key=lambda o: o.likelihood, default=None)
    sure = best is not None and best.likelihood >= model.note_at
    if fits is not None and not sure and sum(o.likelihood for o in fitting) >= _SUPPORTED_AT:
        return fits, []
    if best is None:
        return None
    return best, [o for o in against if o is not best and o.likelihood >= model.note_at / 2]


def _judged(agrees: bool, entry: Entry | WordEntry, claimed: str, condition: str | None) -> Judgement:
    registered = f"{entry.label} {entry.shown}{f' ({condition})' if condition else ''}"
    if agrees:
        return supported("agrees with the registered value", registered=registered, path=entry.path, claimed=claimed)
    return contradicted(
        "differs from the registered value", registered=registered, path=entry.path, claimed=claimed
    )


def _claim(
    start: int,
    said_at: int,
    end: int,
    option: _Option,
    others: Sequence[_Option],
    judgement: Judgement,
    model: LinkModel,
) -> LinkedClaim:
    steps = link_steps(option.features, option.likelihood, model)
    for other in others:
        told = f"may be said of {other.link.entry.label} as well"
        steps = (*steps[:-1], ScoreStep(step=told, value=round(other.likelihood, 3)), steps[-1])
    return LinkedClaim(
        start=start,
        end=end,
        said_at=said_at,
        attribute=option.link.entry.label,
        sorts=frozenset(),
        judgement=judgement,
        likelihood=round(option.likelihood, 3),
        steps=steps,
        model=model,
    )


def _start(window: Window, said_at: int, names: Sequence[str]) -> int:
    """Where the claim begins: at the attribute's name, if that stands in the clause before what is said."""
    left, _ = window.clause(said_at, said_at)
    clause = window.text[left:said_at]
    places = [clause.rfind(name) for name in names if name in clause]
    return left + max(places) if places else said_at

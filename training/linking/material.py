"""What links are learnt from: what is said in cases, with every registered attribute that it may be said of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from bench.cases import BROADCAST_AT, Case, read_cases
from bench.checkout import CASES_DIR
from bench.claim_engine import passages
from bench.registered import engine_of, same_path
from bench.registered_cases import RegisteredCase, read_registered
from claims.classifier.links import LinkReader
from claims.engine.conversation import ClaimEngine
from claims.engine.linking.candidates import Link
from claims.engine.linking.entries import registered_of
from claims.engine.linking.features import Features, features_of, scenery
from claims.engine.linking.kinds import WordMention, words_in, words_registered
from claims.engine.linking.link import Said as SaidOf
from claims.engine.linking.link import word_by_word
from claims.engine.linking.mentions import Mention, mentions_in
from claims.engine.linking.passages import nearest_texts, scored_texts
from claims.engine.linking.word_features import WordLink, word_features_of, word_scenery
from claims.engine.records import stated
from claims.engine.scene import Scene
from claims.engine.window import Window
from claims.passports.load import load_passports
from claims.passports.passport import Passport
from claims.policy.linking import PassageModel
from claims.policy.policy import Policy
from claims.text.normalise import normalise
from claims.types import Passage

ROOT = Path(__file__).resolve().parents[2]

_Any = TypeVar("_Any", Mention, WordMention)
OLDER = ("x_numbers", "y_numbers", "z_numbers", "v_numbers")
# Lawful talk of every class: nothing in it contradicts what is registered.
LAWFUL = ("a", "c", "d")
NUMBERS, WORDS = "numbers", "words"


@dataclass(frozen=True, slots=True)
class Option:
    """An attribute that something may be said of: whether it agrees, its features, and whether it is the right one.

    `pair`: what a reader of links is given.
    """

    agrees: bool
    features: Features
    is_right: bool
    pair: str


@dataclass(frozen=True, slots=True)
class Said:
    """Something that is said, of which case and product, with every attribute that it may be said of."""

    case: str
    product: str
    options: tuple[Option, ...]

    @property
    def contradicts(self) -> bool:
        """True where one of the attributes is the one that it contradicts."""
        return any(option.is_right for option in self.options)


def scenes_of(engine: ClaimEngine, case: str, said: Sequence[Passage]) -> list[Scene]:
    """Every scene of a conversation, as it is judged."""
    found: list[Scene] = []
    conversation = engine.conversation(case, watch=lambda scene, judged, standing: found.append(scene))
    for passage in said:
        conversation.hear(passage)
    conversation.flush()
    return found


def said_in(scene: Scene, case: str, wanted: str | None, quote: str | None, policy: Policy) -> dict[str, list[Said]]:
    """What is said in a scene's focus, numbers and words; `quote`: the words that contradict the path `wanted`."""
    window, passport = scene.window, scene.choice.passport
    assert passport is not None
    mentions = mentions_in(window, policy.linking)
    asserted = stated(scene, policy)
    registered, entries = registered_of(passport, policy), words_registered(passport, policy)
    of_scene = SaidOf(window=window, passport=passport, policy=policy, asserted=asserted, links=None)

    def said(
        mention: Mention | WordMention, links: Sequence[Link] | Sequence[WordLink], features: Sequence[Features]
    ) -> list[Said]:
        right = _is_at(window, mention.start, mention.end, quote)
        options = tuple(
            Option(
                one.agrees,
                own,
                right and not one.agrees and same_path(one.entry.path, wanted),
                of_scene.pair(mention.start, mention.end, one.entry),
            )
            for one, own in zip(links, features, strict=True)
        )
        return [Said(case, passport.id, options)] if options else []

    found: dict[str, list[Said]] = {NUMBERS: [], WORDS: []}
    for mention in _in_focus(mentions, window):
        of_number = scenery(window, mention, mentions, registered, policy, asserted)
        found[NUMBERS] += said(mention, of_number.links, [features_of(o, of_number) for o in of_number.links])
    words = words_in(window, passport, policy) if entries else []
    for word in _in_focus(words, window):
        of_word = word_scenery(window, word, words, mentions, entries, policy, asserted)
        found[WORDS] += said(word, of_word.links, [word_features_of(o, of_word) for o in of_word.links])
    return found


def _in_focus(mentions: Sequence[_Any], window: Window) -> list[_Any]:
    return [m for m in mentions if window.focus_start < m.end <= window.focus_end]


def _is_at(window: Window, start: int, end: int, quote: str | None) -> bool:
    if quote is None:
        return False
    words = normalise(quote).text
    at = window.text.find(words)
    return at >= 0 and at - 1 <= start and end <= at + len(words) + 2


def collected(policy: Policy) -> dict[str, list[Said]]:
    """All that is learnt from."""
    found: dict[str, list[Said]] = {NUMBERS: [], WORDS: []}
    engine = engine_of("dev", policy, None)
    for case in read_registered("dev"):
        for scene in scenes_of(engine, case.id, case.passages):
            for name, said in said_in(scene, case.id, case.contradicted, case.said, policy).items():
                found[name] += said
    for name in OLDER:
        found[NUMBERS] += _older(name, policy)
    for case_id, scene in _lawful_scenes(policy):
        for kind, said in said_in(scene, case_id, None, None, policy).items():
            found[kind] += said
    return found


def _lawful_scenes(policy: Policy) -> Iterator[tuple[str, Scene]]:
    """The scenes of all lawful cases, each with its case's id: nothing in them contradicts what is registered."""
    for name in LAWFUL:
        engine, cases = _set_of(name, policy)
        for case in cases:
            if not case.is_violation:
                scenes = scenes_of(engine, case.id, passages(case))
                yield from ((f"{name}.{case.id}", one) for one in scenes if one.choice.passport is not None)


def _set_of(name: str, policy: Policy) -> tuple[ClaimEngine, Sequence[Case]]:
    folder = CASES_DIR / "blind" / name
    passports = load_passports(next(folder.glob("passports.*")), policy.quantity_reader)
    return ClaimEngine(policy, passports, at=BROADCAST_AT), read_cases(folder / "cases.jsonl", name)


def _older(name: str, policy: Policy) -> Iterator[Said]:
    """Numbers of an older set: which attribute is contradicted is not told, so only where one may be."""
    engine, cases = _set_of(name, policy)
    for case in cases:
        scenes = [s for s in scenes_of(engine, case.id, passages(case)) if s.choice.passport is not None]
        said = [one for s in scenes for one in said_in(s, case.id, None, None, policy)[NUMBERS]]
        if not case.is_violation:
            yield from said
            continue
        against = [one for one in said if any(not o.agrees for o in one.options)]
        if len(against) == 1:
            (one,) = against
            yield Said(one.case, one.product, tuple(replace(o, is_right=not o.agrees) for o in one.options))


@dataclass(frozen=True, slots=True)
class ReadPassage:
    """A passage of a case and a registered text that was read with it; whether the one contradicts the other."""

    case: str
    product: str
    features: Features
    is_right: bool


def nearness_of(
    cases: Sequence[RegisteredCase], policy: Policy, reader: LinkReader, entries: int, farther: float
) -> float:
    """So near are registered texts to passages that contradict them, but for `farther` of a hundred."""
    engine, found = engine_of("dev", policy, None), []
    for case in cases:
        for scene in scenes_of(engine, case.id, case.passages):
            window, passport = _goods_of(scene)
            near = nearest_texts(window, passport, policy, reader, entries)
            is_there = _holds_quote(window, case.said)
            found += [distance for of, distance in near if is_there and same_path(of.path, case.contradicted)]
    return round(float(np.percentile(found, farther)), 3)


def passages_read(
    cases: Sequence[RegisteredCase], policy: Policy, reader: LinkReader, model: PassageModel
) -> list[ReadPassage]:
    """Every passage of the cases with the nearest registered texts, and of the lawful cases of other sets.

    `policy`: by whose model single words are linked; `model`: how many texts are read, and how near they are.
    """
    engine, found = engine_of("dev", policy, None), []

    def read(scene: Scene, case: str, said: str | None, wanted: str | None) -> Iterator[ReadPassage]:
        window, passport = _goods_of(scene)
        asserted, is_there = stated(scene, policy), _holds_quote(window, said)
        of_scene = SaidOf(window=window, passport=passport, policy=policy, asserted=asserted, links=reader)
        known = word_by_word(of_scene)
        for one, features in scored_texts(window, passport, policy, reader, model, known):
            yield ReadPassage(case, passport.id, features, is_there and same_path(one.of.path, wanted))

    for case in cases:
        for scene in scenes_of(engine, case.id, case.passages):
            found += read(scene, case.id, case.said, case.contradicted)
    for case_id, scene in _lawful_scenes(policy):
        found += read(scene, case_id, None, None)
    return found


def _goods_of(scene: Scene) -> tuple[Window, Passport]:
    assert scene.choice.passport is not None
    return scene.window, scene.choice.passport


def _holds_quote(window: Window, said: str | None) -> bool:
    """True where the words that contradict stand in the passage in focus."""
    return said is not None and normalise(said).text in window.text[window.focus_start : window.focus_end]

"""Which product is meant: given, on sale by the platform's word, named, numbered by its link, or carried over."""

import re
from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import ahocorasick_rs

from claims.obfuscation.sound import SoundIndex
from claims.obfuscation.soundalike import SoundAlikeWords
from claims.passports.passport import Passport
from claims.policy.wording_of_records import ProductsWording
from claims.text.normalise import normalise
from claims.text.numbers import whole_number
from vision.products.timeline import Evidence, EvidenceKind, ProductTimeline


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChoice:
    """The product meant, how it was worked out, and whether that is sure."""

    passport: Passport | None
    reason: str
    sure: bool


class ProductFinder:
    """Finds products by their names among the ones on sale; distinctive parts of names count too."""

    def __init__(self, passports: Sequence[Passport], wording: ProductsWording) -> None:
        self._wording = wording
        self.passports = tuple(passports)
        self.by_id = {p.id: p for p in passports}
        owners: dict[str, set[str]] = {}
        weights: dict[str, float] = {}
        for passport in passports:
            for name in (*passport.names, *([passport.brand] if passport.brand else [])):
                folded = _folded(name)
                for part in _parts_of(folded):
                    owners.setdefault(part, set()).add(passport.id)
                    weight = 3.0 + len(part) if part == folded else 0.5 * (len(part) - 1)
                    weights[part] = max(weights.get(part, 0), weight)
        self._parts = [(part, next(iter(ids)), weights[part]) for part, ids in owners.items() if len(ids) == 1]
        self._called: dict[str, set[str]] = {}
        for passport in passports:
            for name in passport.names:
                for called in (name, (passport.brand or "") + name):
                    if len(folded := _folded(called)) >= _LONG_NAME:
                        self._called.setdefault(folded, set()).add(passport.id)
        self._alikes = SoundAlikeWords(self._called)
        self._automaton = (
            ahocorasick_rs.AhoCorasick([p[0] for p in self._parts], store_patterns=False) if self._parts else None
        )

    @cached_property
    def _sounds(self) -> SoundIndex:
        """The parts by how they sound; spelling them takes longer than all the rest, and few conversations need it."""
        parts: dict[str, list[str]] = {passport.id: [] for passport in self.passports}
        for part, owner, _ in self._parts:
            if len(part) >= _SHORTEST_HEARD:
                parts[owner].append(part)
        return SoundIndex(parts)

    def sounding(self, text: str) -> tuple[Passport, str, float] | None:
        """The product whose name the heard text sounds like most; never more than a guess."""
        hits = self._sounds.search(text)
        if not hits:
            return None
        hit = max(hits, key=lambda h: len(h.entry.word))
        return self.by_id[hit.entry.concepts[0]], hit.entry.word, _NAMED

    def nearly_sounding(self, text: str) -> tuple[Passport, str, float] | None:
        """The one product whose long name, its brand before it or not, sounds nearly like a part of the text."""
        near = [one for one in self._alikes.find(normalise(text).text) if one.cost <= _NEARLY]
        owners = set[str]().union(*(self._called[one.word] for one in near))
        if len(owners) != 1:
            return None
        return self.by_id[owners.pop()], near[0].word, _NAMED

    def named(self, text: str) -> tuple[Passport, str, float] | None:
        """The product that the text names best, the words, and how strongly (4 or more: its full name)."""
        linked = self._linked(text)
        if linked is not None:
            return linked
        if self._automaton is None:
            return None
        best: dict[str, tuple[float, int, str]] = {}
        for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            part, owner, weight = self._parts[index]
            head = text[max(0, start - 6) : start]
            if self._wording.another.any_in(head[-4:]):
                weight *= 0.2
            elif self._wording.coming_up.any_in(head):
                weight += 1.0
            if weight > best.get(owner, (0.0, 0, ""))[0]:
                best[owner] = (weight, end, part)
        if not best:
            return None
        owner, (weight, _, part) = max(best.items(), key=lambda item: (item[1][0], item[1][1]))
        return self.by_id[owner], part, weight

    def _linked(self, text: str) -> tuple[Passport, str, float] | None:
        links = list(self._wording.link.finditer(text))
        if not links or len(self.passports) < 2:
            return None
        match = links[-1]
        value = whole_number(match["number"])
        if 1 <= value <= len(self.passports):
            return self.passports[value - 1], match[0], 4.0
        return None


def _parts_of(name: str) -> Iterator[str]:
    """Every stretch of the name that is looked for, and the whole of it; their number grows as the name does."""
    for size in range(2, min(len(name), _LONGEST_PART) + 1):
        for start in range(len(name) - size + 1):
            yield name[start : start + size]
    if len(name) > _LONGEST_PART:
        yield name


def _folded(name: str) -> str:
    return re.sub(r"\s", "", normalise(name).text)


class ProductTracker:
    """The product on sale as a conversation goes on, by the time at which each thing was said or shown.

    Speech is understood some seconds after the screen is read, so what counts is the stream clock, not the order of
    arrival.
    """

    def __init__(self, finder: ProductFinder) -> None:
        self.finder = finder
        self._switches: list[tuple[int, Passport, str, bool]] = []
        self.timeline = ProductTimeline()

    def note_events(self, events: Iterable[tuple[int, str]]) -> None:
        """Adds the platform's "now explaining" events, moment and product, to the timeline."""
        for at_ms, product_id in events:
            self.timeline.note(
                Evidence(
                    kind=EvidenceKind.EVENT,
                    product_id=product_id,
                    start_ms=at_ms,
                    end_ms=at_ms,
                    strength=1.0,
                    reason="on sale by the platform's event",
                )
            )

    def choose(
        self,
        text: str,
        *,
        at_ms: int,
        given: str | None,
        on_sale: tuple[int, str] | None,
        seen_ms: int | None = None,
        is_written: bool = False,
        doubted: str = "",
    ) -> ProductChoice:
        """The product that a passage at `at_ms` speaks of; the choice carries over to what comes after it.

        `doubted` is the text as it was heard, where that was with doubt.
        `on_sale` is the platform's latest "now explaining" event: its moment and product. What the passage does not
        name, the timeline may know from sight at `seen_ms`.
        """
        current = self._current(at_ms)
        if given is not None:
            self._note(given, at_ms, 1.0, "named by the passage", is_written=is_written)
            return self._switch(at_ms, self.finder.by_id[given], "named by the passage", sure=True)
        named = self.finder.named(text)
        if named is not None and named[2] >= _NAMED:
            why = f"{'written' if is_written else 'called'} {named[1]!r}"
            self._note(named[0].id, at_ms, min(1.0, named[2] / _FULL_NAME), why, is_written=is_written)
        if named is None and current is None:
            named = self.finder.sounding(text) or self.finder.nearly_sounding(doubted)
        newer = on_sale is not None and (current is None or on_sale[0] >= current[0])
        elsewhere = newer and on_sale is not None and on_sale[1] not in self.finder.by_id
        if elsewhere and on_sale is not None and (named is None or named[2] < _NAMED):
            return ProductChoice(passport=None, reason=f"on sale is {on_sale[1]!r}, without a passport", sure=True)
        if len(self.finder.passports) == 1:
            return self._switch(at_ms, self.finder.passports[0], "the only product on sale", sure=True)
        if named is not None and named[2] >= (_NAMED if current is None else _NAMED_ANEW):
            return self._switch(at_ms, named[0], f"called {named[1]!r}", sure=named[2] >= _NAMED_ANEW)
        if on_sale is not None and newer and on_sale[1] in self.finder.by_id:
            return self._switch(on_sale[0], self.finder.by_id[on_sale[1]], "on sale by the platform's event", sure=True)
        shown = self._shown(at_ms if seen_ms is None else seen_ms, current[1] if current else None)
        if shown is not None:
            return self._switch(at_ms, shown[0], shown[1], sure=shown[2])
        if current is not None:
            return ProductChoice(passport=current[1], reason=f"{current[2]}, carried over", sure=current[3])
        if named is not None:
            return self._switch(at_ms, named[0], f"perhaps called {named[1]!r}", sure=False)
        return ProductChoice(passport=None, reason="not worked out", sure=False)

    def _shown(self, at_ms: int, current: Passport | None) -> tuple[Passport, str, bool] | None:
        """Another product than the current one that the timeline knows from sight, why, and whether that is sure."""
        if not self.timeline.has_sight:
            return None
        state = self.timeline.at(at_ms)
        passport = self.finder.by_id.get(state.product_id or "")
        if passport is None or passport is current or state.confidence < _SHOWN:
            return None
        return passport, ", ".join(state.because), state.confidence >= _SHOWN_SURELY

    def _note(self, product_id: str, at_ms: int, strength: float, reason: str, *, is_written: bool) -> None:
        kind = EvidenceKind.WRITTEN if is_written else EvidenceKind.SPOKEN
        self.timeline.note(
            Evidence(kind=kind, product_id=product_id, start_ms=at_ms, end_ms=at_ms, strength=strength, reason=reason)
        )

    def _current(self, at_ms: int) -> tuple[int, Passport, str, bool] | None:
        return next((s for s in reversed(self._switches) if s[0] <= at_ms), None)

    def _switch(self, at_ms: int, passport: Passport, reason: str, *, sure: bool) -> ProductChoice:
        current = self._current(at_ms)
        if current is None or current[1] is not passport or (sure and not current[3]):
            insort(self._switches, (at_ms, passport, reason, sure), key=lambda s: s[0])
        return ProductChoice(passport=passport, reason=reason, sure=sure)


_NAMED, _NAMED_ANEW, _FULL_NAME = 2.0, 2.5, 4.0
# Han characters of a name that may be found by nearly its sound, and how unlike its syllables may sound on the whole.
_LONG_NAME, _NEARLY = 4, 0.25
_SHOWN, _SHOWN_SURELY = 0.5, 0.65
# Parts of names: the longest that is told apart from the whole name, and the shortest that is known by its sound.
_LONGEST_PART, _SHORTEST_HEARD = 24, 3

"""What registered values come to over a pack: all its pieces, all of what is told of a hundred grams."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from claims.engine.linking.entry import Entry
from claims.policy.linking import LinkingFile
from claims.text.registered import is_times_in
from claims.text.units import plain

# What all pieces of a pack come to.
SUMMED = frozenset({"mass", "volume", "count"})
_MOST_PIECES = 1000
_HUNDRED = Decimal(100)


def sums_of(entries: Sequence[Entry], words: LinkingFile) -> list[Entry]:
    """Every such sum."""
    return [*_sums(entries, words), *_in_packs(entries, words)]


def _sums(entries: Sequence[Entry], words: LinkingFile) -> Iterator[Entry]:
    """What all pieces of a pack come to."""
    counts = [e for e in entries if _is_packed(e, words)]
    for entry in entries:
        if entry.dimension not in SUMMED or entry.canonical_low is None or entry.per or entry.place is not None:
            continue
        yield from (_times(entry, count, count.low) for count in _times_written(entry, entries) if count.low)
        for count in counts:
            assert count.low is not None
            if count.path == entry.path or count.low > _MOST_PIECES or count.low != count.low.to_integral_value():
                continue
            yield _times(entry, count, count.low)


def _times_written(entry: Entry, entries: Sequence[Entry]) -> list[Entry]:
    """The number of pieces that is written behind so much of each: 500mL×8瓶, 50支×6盒."""
    if not is_times_in(entry.shown):
        return []
    return [e for e in entries if e.path == entry.path and e is not entry and e.dimension == "count"]


def _is_packed(entry: Entry, words: LinkingFile) -> bool:
    """True for a number of pieces in a pack: of bags, not of ports."""
    is_number = entry.dimension == "count" and entry.low is not None and entry.low == entry.high and entry.low > 1
    return is_number and words.packed is not None and words.packed.search(entry.label) is not None


def _in_packs(entries: Sequence[Entry], words: LinkingFile) -> Iterator[Entry]:
    """What is registered of a hundred grams or millilitres, in all of a pack."""
    packs = [e for e in entries if e.pieces == 1 and e.canonical_low and _is_content(e)]
    for entry in entries:
        if entry.pieces != 1 or not is_per_hundred(entry, words):
            continue
        for pack in packs:
            assert pack.canonical_low is not None
            yield _times(entry, pack, pack.canonical_low / _HUNDRED)


def is_per_hundred(entry: Entry, words: LinkingFile) -> bool:
    """True for what is told of a hundred grams or millilitres, by its label or by a stroke in its value (62 g/100g)."""
    of = entry.shown.partition("/")[2]
    return any(words.per_hundred.search(text) is not None for text in (entry.label, of))


def _is_content(entry: Entry) -> bool:
    return entry.dimension in {"mass", "volume"} and entry.attribute is not None and "net_" in entry.attribute.id


def _times(entry: Entry, count: Entry, pieces: Decimal) -> Entry:
    def times(value: Decimal | None) -> Decimal | None:
        return None if value is None else value * pieces

    return replace(
        entry,
        label=f"{entry.label} × {count.label}",
        shown=f"{entry.shown} × {plain(pieces)}",
        low=times(entry.low),
        high=times(entry.high),
        canonical_low=times(entry.canonical_low),
        canonical_high=times(entry.canonical_high),
        pieces=pieces,
    )

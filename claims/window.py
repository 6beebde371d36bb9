"""The stretch of a conversation in which a claim is understood: a few passages, joined, with everything located."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from claims.lexicon import Hit
from claims.match import Located
from claims.newness import find_newness
from claims.normalise import Normalised, Reading, is_boundary, is_strong_boundary, normalise
from claims.numbers import Number, find_numbers
from claims.policy import Policy
from claims.types import Passage
from claims.units import Quantity, find_quantities

_PRICE_WORDS = (
    "到手",
    "原价",
    "只要",
    "价",
    "券后",
    "今天",
    "拿走",
    "带走",
    "平时",
    "块",
    "福利",
    "红票子",
    "便宜",
    "秒杀",
)


@dataclass(frozen=True, slots=True)
class Heard:
    """A passage in folded form; `offset` is where it begins in the window's text."""

    passage: Passage
    folded: Normalised
    offset: int

    @property
    def end(self) -> int:
        """Where it ends in the window's text."""
        return self.offset + len(self.folded.text)


@dataclass(frozen=True, slots=True)
class Window:
    """Passages of one conversation as one text; only claims that end in [focus_start, focus_end) are new."""

    heard: tuple[Heard, ...]
    text: str
    focus_start: int
    focus_end: int
    located: Located
    hits: tuple[Hit, ...]
    numbers: tuple[Number, ...]
    quantities: tuple[Quantity, ...]
    misheard: frozenset[tuple[int, int]] = frozenset()

    def passages_of(self, start: int, end: int) -> tuple[Heard, ...]:
        """The passages that characters [start, end) touch."""
        return tuple(h for h in self.heard if h.offset < end and start < h.end)

    def is_confirmed(self, start: int, end: int) -> bool:
        """False if characters [start, end) hold words that only a hint to the recogniser brought in."""
        for heard in self.passages_of(start, end):
            left, right = heard.folded.original_span(
                max(0, start - heard.offset), min(len(heard.folded.text), end - heard.offset)
            )
            if any(hinted.start < right and left < hinted.end for hinted in heard.passage.unconfirmed):
                return False
        return True

    def readings(self, start: int, end: int) -> tuple[Reading, ...]:
        """What was read as something else within characters [start, end)."""
        found: list[Reading] = []
        for heard in self.passages_of(start, end):
            left, right = heard.folded.original_span(
                max(0, start - heard.offset), min(len(heard.folded.text), end - heard.offset)
            )
            found += [r for r in heard.folded.readings if r.start < right and left < r.end]
        return tuple(found)

    def in_speech(self, at: int) -> bool:
        """True if the character at `at` was heard, not read."""
        return any(h.passage.channel == "speech" for h in self.passages_of(at, at + 1))

    def quote(self, start: int, end: int) -> str:
        """The original words behind [start, end), passages joined by a blank where the claim runs over two."""
        parts = [
            h.folded.heard(max(0, start - h.offset), min(len(h.folded.text), end - h.offset))
            for h in self.passages_of(start, end)
        ]
        return " ".join(part.strip() for part in parts if part.strip())

    def clause(self, start: int, end: int) -> tuple[int, int]:
        """The clause around [start, end), between boundaries of any strength."""
        left, right = start, end
        while left > 0 and not is_boundary(self.text[left - 1]):
            left -= 1
        while right < len(self.text) and not is_boundary(self.text[right]):
            right += 1
        return left, right

    def sentence(self, start: int, end: int) -> tuple[int, int]:
        """The sentence around [start, end)."""
        left, right = start, end
        while left > 0 and not is_strong_boundary(self.text[left - 1]):
            left -= 1
        while right < len(self.text) and not is_strong_boundary(self.text[right]):
            right += 1
        return left, right


def fold(passage: Passage, policy: Policy, on: date | None = None) -> Normalised:
    """The passage's text folded, disguised and mis-heard words read as what they mean; `on`: the broadcast's day."""
    settings = policy.settings
    folded = normalise(passage.text, emoji=settings.emoji, lookalikes=settings.lookalikes)
    return policy.reader.read(folded, passage, on)


def fold_without_hints(passage: Passage, piece: Normalised, policy: Policy) -> Normalised:
    """The piece, or the whole passage as it was heard without hints where it holds any that are not confirmed."""
    if not passage.unconfirmed:
        return piece
    settings = policy.settings
    return normalise(passage.text_without_hints, emoji=settings.emoji, lookalikes=settings.lookalikes)


def build_window(folded: Sequence[tuple[Passage, Normalised]], focus: int, policy: Policy) -> Window:
    """The window over these passages, oldest first; `focus` is the index of the one whose claims are new."""
    heard: list[Heard] = []
    parts: list[str] = []
    offset = 0
    last = len(folded) - 1
    for index, (passage, normal) in enumerate(folded):
        if index < last:
            normal = _open_ended(normal)
        if parts:
            joint = "" if parts[-1] and is_boundary(parts[-1][-1]) else ","
            parts.append(joint)
            offset += len(joint)
        heard.append(Heard(passage, normal, offset))
        parts.append(normal.text)
        offset += len(normal.text)
    text = "".join(parts)
    located = Located(text)
    hits = policy.lexicon.search(text)
    if heard[focus].passage.channel == "speech":
        hits += policy.sounds.search(text)
    for hit in hits:
        for concept in hit.entry.concepts:
            located.add(concept, hit.start, hit.end)
    spelled = {(h.start, h.end) for h in hits if not h.entry.spelled}
    misheard = frozenset((h.start, h.end) for h in hits if h.entry.spelled and h.entry.form != h.entry.word) - spelled
    grades = find_newness(text)
    numbers = [n for n in find_numbers(text) if not any(g.start < n.end and n.start < g.end for g in grades)]
    quantities = find_quantities(text, policy.converter, numbers)
    _locate_values(text, located, numbers, quantities)
    for grade in grades:
        located.add("newness", grade.start, grade.end)
    return Window(
        tuple(heard),
        text,
        heard[focus].offset,
        heard[focus].end,
        located,
        tuple(hits),
        tuple(numbers),
        tuple(quantities),
        misheard,
    )


def _open_ended(folded: Normalised) -> Normalised:
    """The passage without its full stop: a pause between two utterances ends no thought."""
    text = folded.text.rstrip("。!;")
    if len(text) == len(folded.text):
        return folded
    return folded.part(0, len(text))


def _locate_values(text: str, located: Located, numbers: list[Number], quantities: list[Quantity]) -> None:
    for number in numbers:
        located.add("num", number.start, number.end)
        if _bare_price(text, number, quantities):
            located.add("price", number.start, number.end)
        if number.percent:
            located.add("share", number.start, number.end)
    for quantity in quantities:
        if quantity.dimension != "share":
            located.add("qty", quantity.start, quantity.end)
            located.add(f"qty:{quantity.dimension}", quantity.start, quantity.end)
        if quantity.dimension == "money" or _spoken_money(text, quantity):
            located.add("money", quantity.start, quantity.end)
            located.add("price", quantity.start, quantity.end)


_LEAST_PRICE = 10


def _bare_price(text: str, number: Number, quantities: list[Quantity]) -> bool:
    """True where a number without a unit may be a price (两千六, 三九九): no ordinal, share, count or small number."""
    if number.percent or number.low < _LEAST_PRICE or any(q.start <= number.start < q.end for q in quantities):
        return False
    before, after = text[number.start - 1 : number.start], text[number.end : number.end + 1]
    return before not in {"第", "号"} and after not in _COUNTED


_COUNTED = frozenset("个位名家款种次号分秒点度倍人步岁级代楼折单件台")


def _spoken_money(text: str, quantity: Quantity) -> bool:
    """True where hosts say 米 for 元: a whole number of metres among words of price."""
    if quantity.unit != "m" or quantity.low != quantity.high:
        return False
    near = text[max(0, quantity.start - 12) : quantity.end + 8]
    return any(word in near for word in _PRICE_WORDS)

"""Which registered attribute a number speaks of: by the words that name it near the number."""

from claims.engine.window import Window
from claims.passports.passport import RegisteredQuantity
from claims.policy.policy import Policy
from claims.text.normalise import is_cjk
from claims.text.numbers import find_numbers
from claims.text.units import Quantity

_WEIGHT = "weight"


def named_entries(
    entries: list[RegisteredQuantity],
    around: str,
    quantity: Quantity,
    window: Window,
    policy: Policy,
    *,
    of_goods: bool,
) -> list[RegisteredQuantity]:
    """The entries whose words stand near the quantity, the longest word first.

    `of_goods`: nothing else follows the quantity that it may be the weight of.
    """
    spoken_at = around.find(window.text[quantity.start : quantity.end])
    rest = around[:spoken_at] + "·" + around[spoken_at + quantity.end - quantity.start :] if spoken_at >= 0 else around
    before, after = rest.split("·")[0], rest.split("·")[-1]
    wording = policy.wording.quantities
    told = wording.between.sub("", before)
    unit = window.text[quantity.number_end : quantity.end]
    counted = [e for e in entries if quantity.dimension == "count" and unit and unit in e.label + e.shown]
    is_whole = of_goods and quantity.dimension == "mass" and wording.whole_goods.search(told) is not None
    ranked: list[tuple[int, RegisteredQuantity]] = []
    for entry in entries:
        sizes = [len(c) for c in entry.cues if len(c) >= 2 and c in rest]
        sizes += [len(q) + 2 for q in entry.qualifiers if q in before or _stands_alone(q, after)]
        short = tuple(c for c in entry.cues if len(c) == 1 and not _of_another_part(told, c, entry))
        is_heavy = wording.heavy in short and unit.endswith(wording.heavy)
        if short and (told.endswith(short) or after.startswith(short) or is_heavy):
            sizes.append(1)
        if entry in counted:
            sizes.append(2 if len(counted) > 1 else 3)
        if is_whole and _is_weight(entry, policy):
            sizes.append(2)
        if sizes:
            ranked.append((max(sizes), entry))
    ranked.sort(key=lambda pair: -pair[0])
    return [entry for _, entry in ranked]


def _of_another_part(told: str, cue: str, entry: RegisteredQuantity) -> bool:
    """True for 壁厚 where 锅底厚度 is registered."""
    part = told.removesuffix(cue)[-1:]
    compound = bool(entry.qualifiers) and cue in entry.label and told.endswith(cue) and part != ""
    return compound and is_cjk(part) and part not in entry.label


def _stands_alone(word: str, text: str) -> bool:
    """True where the word is in the text and no other number follows it."""
    at = text.find(word)
    return at >= 0 and not find_numbers(text[at + len(word) :])


def _is_weight(entry: RegisteredQuantity, policy: Policy) -> bool:
    attribute = policy.attributes.named(entry.key, entry.label)
    return attribute is not None and attribute.id == _WEIGHT

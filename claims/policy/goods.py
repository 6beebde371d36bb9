"""What attributes of each kind of goods are called, in trade and by hosts (`goods/*.txt`)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal, cast

from claims.errors import PolicyError
from claims.policy.files import read_numbered_lines

Better = Literal["higher", "lower", "none"]
_BETTER = frozenset({"higher", "lower", "none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsAttribute:
    """An attribute of a kind of goods: labels in passports, names in talk, and from where to where it is sold."""

    id: str
    unit: str
    better: Better
    least: Decimal
    most: Decimal
    labels: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsKind:
    """A kind of goods: words in a product's name that tell it, first parts of its categories, and its attributes."""

    id: str
    names: tuple[str, ...]
    categories: tuple[str, ...]
    attributes: tuple[GoodsAttribute, ...]


def read_goods(path: Path) -> list[GoodsKind]:
    """The kinds of goods of one file; PolicyError names the line that can't be read."""
    found: list[GoodsKind] = []
    for number, line in read_numbered_lines(path):
        try:
            if line.startswith(" "):
                last = found.pop()
                found.append(_with(last, _attribute(line)))
            else:
                found.append(_kind(line))
        except (ValueError, InvalidOperation, IndexError) as error:
            why = "must hold `id = names ; categories`, or under it `id : unit better least .. most : labels : names`"
            raise PolicyError(str(path), number, f"{why}: {error}") from error
    return found


def _with(kind: GoodsKind, attribute: GoodsAttribute) -> GoodsKind:
    attributes = (*kind.attributes, attribute)
    return GoodsKind(id=kind.id, names=kind.names, categories=kind.categories, attributes=attributes)


def _kind(line: str) -> GoodsKind:
    head, rest = line.split("=")
    names, categories = rest.split(";")
    return GoodsKind(id=head.strip(), names=words_of(names), categories=words_of(categories), attributes=())


def _attribute(line: str) -> GoodsAttribute:
    head, measure, labels, names = line.split(":")
    unit, better, least, dots, most = measure.split()
    if better not in _BETTER or dots != "..":
        raise ValueError(f"{measure.strip()!r} is no unit with what sells and a range")
    called = words_of(labels)
    return GoodsAttribute(
        id=head.strip(),
        unit=unit,
        better=cast("Better", better),
        least=Decimal(least),
        most=Decimal(most),
        labels=called,
        names=tuple(dict.fromkeys((*called, *words_of(names)))),
    )


def words_of(text: str) -> tuple[str, ...]:
    """The words between commas."""
    return tuple(word for part in text.split(",") if (word := part.strip()))


class GoodsTable:
    """Finds the kind of goods of a product, and which of its attributes an entry of its passport is."""

    def __init__(self, kinds: Iterable[GoodsKind]) -> None:
        self.kinds = tuple(kinds)
        self._labelled: dict[str, list[GoodsAttribute]] = {}
        for kind in self.kinds:
            for attribute in kind.attributes:
                for label in attribute.labels:
                    self._labelled.setdefault(label.lower(), []).append(attribute)
        self._by_name = [(name.lower(), kind) for kind in self.kinds for name in kind.names]

    @classmethod
    def of(cls, folder: Path) -> "GoodsTable":
        """The kinds of all files of a folder; none where there is no folder."""
        return cls(kind for path in sorted(folder.glob("*.txt")) for kind in read_goods(path))

    def kind_of(self, names: Sequence[str], category: str) -> GoodsKind | None:
        """The kind whose longest name stands in one of the product's names, the latest in it winning; None without."""
        first = category.partition("/")[0]
        for text in [name.lower() for name in names]:
            found = [(len(name), text.rfind(name), n) for n, (name, _) in enumerate(self._by_name) if name in text]
            fitting = [one for one in found if first in self._by_name[one[2]][1].categories] or found
            if fitting:
                return self._by_name[max(fitting)[2]][1]
        return None

    def attribute(self, kind: GoodsKind | None, key: str, label: str) -> GoodsAttribute | None:
        """The attribute of an entry of this key and label: of its kind of goods, or else what all others call so."""
        found = attribute_of(kind, key, label)
        if found is not None:
            return found
        alike = self._labelled.get(label.lower(), ())
        return alike[0] if alike and len({(a.id, a.unit) for a in alike}) == 1 else None


def attribute_of(kind: GoodsKind | None, key: str, label: str) -> GoodsAttribute | None:
    """The attribute that an entry of this key or label is: by its label, or a part of it, or by its key."""
    if kind is None:
        return None
    lowered = label.lower()
    sized = [
        (len(word) + (100 if word.lower() == lowered else 0), n)
        for n, attribute in enumerate(kind.attributes)
        for word in attribute.names
        if word.lower() in lowered
    ]
    sized += [
        (50 if attribute.id == key else 0, n) for n, attribute in enumerate(kind.attributes) if attribute.id in key
    ]
    return kind.attributes[max(sized)[1]] if sized else None

"""What a unit that stands on goods measures, whether or not anything spoken is compared in it."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping

from claims.policy.unit_table import UnitTable
from claims.policy.wording_of_records import IntakeWording

_LONGEST = 40
_ENGLISH = "counted_in_english"
_DOTS = str.maketrans(dict.fromkeys("·⋅∙・•", "."))
_BRACKETS = re.compile(r"\([^()]*\)")
_TIMES = re.compile(r"(?P<unit>.*[^\d.])[x×*](?P<rest>\d+(?:\.\d+)?\D.*)", re.IGNORECASE)
_CONCENTRATION = "concentration"
_DISSOLVED, _SOLVENTS = frozenset({"mass", "volume", "biology"}), frozenset({"mass", "volume"})
_HAN_COUNTER = re.compile(r"[\u4e00-\u9fff]{1,2}")


class UnitRegistry:
    """Looks up units as they are written: those that are compared, and those that are only kept."""

    def __init__(self, table: UnitTable, kept: Mapping[str, Iterable[str]], wording: IntakeWording) -> None:
        self._table = table
        self._wording = wording
        self._kept: dict[str, set[str]] = {}
        for dimension, texts in kept.items():
            for text in texts:
                self._keep(text, "count" if dimension == _ENGLISH else dimension)
        for line in table.definitions:
            # gram = [mass] = g
            parts = [part.strip() for part in line.split("=")]
            unit = next((part for part in (parts[-1], parts[0]) if part in table.units), None)
            if unit is not None:
                for name in (parts[0], f"{parts[0]}s"):
                    self._keep(name.replace("_", ""), table.dimension(unit))
        self._lowered: dict[str, set[str]] = {}
        for text, dimensions in self._kept.items():
            self._lowered.setdefault(text.lower(), set()).update(dimensions)

    @property
    def dimensions(self) -> frozenset[str]:
        """The names of everything that is measured."""
        return self._table.dimensions.union(*self._kept.values())

    def measures(self, text: str) -> frozenset[str]:
        """What the unit may measure; empty where it is none that is known."""
        if len(text) > _LONGEST:
            return frozenset()
        written = self._table.written(text)
        found = self._measures(self.folded(text))
        return found if written is None else found | {self._table.dimension(written)}

    def examples(self, dimensions: Iterable[str]) -> list[str]:
        """A unit for each of these dimensions, as it is written."""
        wanted = sorted(dimensions)
        found = (next((u for u in self._table.units if self._table.dimension(u) == name), None) for name in wanted)
        kept = (next((text for text, of in self._kept.items() if name in of), name) for name in wanted)
        return [unit or text for unit, text in zip(found, kept, strict=True)]

    def nearest(self, text: str) -> list[str]:
        """Known units that are written alike and begin alike."""
        unit = self.folded(text)[:_LONGEST]
        known = sorted({*self._kept, *self._table.units, *self._table.said})
        alike = [one for one in known if one[:1].lower() == unit[:1].lower()]
        return difflib.get_close_matches(unit, alike, n=3, cutoff=0.6)

    def could_be_counted(self, text: str) -> bool:
        """True for a short Chinese word, such as what things are counted in."""
        return _HAN_COUNTER.fullmatch(self.folded(text)) is not None

    def folded(self, text: str) -> str:
        """The unit in one spelling: ㎡ and m² are m2, W·h is W.h, without spaces."""
        folded = "".join(unicodedata.normalize("NFKC", text).translate(_DOTS).replace("^", "").split())
        return folded.strip(self._wording.about) or folded

    def _without_number(self, text: str) -> str:
        number = self._wording.number.match(text)
        return text if number is None else text[number.end() :]

    def _keep(self, text: str, dimension: str) -> None:
        self._kept.setdefault(self.folded(text), set()).add(dimension)

    def _measures(self, text: str) -> frozenset[str]:
        found = self._listed(text)
        if found or not text:
            return found
        for shorter in (_BRACKETS.sub("", text), self._without_number(text)):
            if shorter != text:
                return self._measures(shorter)
        if product := _TIMES.fullmatch(text):
            # 50g×10袋
            return self._measures(product["unit"]) if self._measures(product["rest"]) else frozenset()
        above, *below = self._wording.per.split(text)
        per = [self._measures(part) for part in below]
        if not per or not all(per):
            return frozenset()
        if not above:
            # 每片
            return frozenset.union(*per)
        found = self._measures(above)
        dissolved = found & _DISSOLVED and any(dimensions & _SOLVENTS for dimensions in per)
        return found | {_CONCENTRATION} if dissolved else found

    def _listed(self, text: str) -> frozenset[str]:
        written = self._table.written(text)
        compared = frozenset() if written is None else frozenset({self._table.dimension(written)})
        return compared | frozenset(self._kept.get(text) or self._lowered.get(text.lower()) or ())

"""Places: which country and province a spoken name means."""

from dataclasses import dataclass

from claims.policy.schema import PlacesFile
from claims.policy.words import Words

_FIRST_INDICATOR = 0x1F1E6


@dataclass(frozen=True, slots=True)
class Place:
    """A country (ISO 3166-1), a Chinese province (ISO 3166-2) if known, and whether it only says 'abroad'."""

    country: str | None
    region: str | None = None
    word: str = ""


class PlaceTable:
    """Look-ups over `places.yaml`."""

    def __init__(self, file: PlacesFile, home: Words) -> None:
        """`home`: words of this country that name no place."""
        self._home = home
        self._places: dict[str, Place] = {}
        for code, words in file.countries.items():
            for word in words:
                self._places[word] = Place(code, None, word)
        self._provinces: dict[str, str] = {}
        for code, words in file.provinces.items():
            self._provinces[code] = words[0]
            for index, word in enumerate(words):
                self._places.setdefault(word, Place("CN", code, word if index else ""))
        self.flags = {_flag(code): words[0] for code, words in file.countries.items()}
        self.foreign_words = file.foreign_words
        self._by_length = sorted(self._places, key=len, reverse=True)

    @property
    def words(self) -> frozenset[str]:
        """Every word that means a place, without the ones that only mean this country."""
        return frozenset(w for w, p in self._places.items() if w not in self._home)

    def find(self, word: str) -> Place | None:
        """The place that the word means."""
        return self._places.get(word)

    def read(self, text: str | None) -> list[Place]:
        """The places named in a registered text, ISO codes included."""
        if not text:
            return []
        if text in self._provinces:
            return [Place("CN", text)]
        if len(text) == 2 and text.isascii() and text.isupper():
            return [Place(text)]
        found: list[Place] = []
        rest = text
        for word in self._by_length:
            if word in rest:
                found.append(self._places[word])
                rest = rest.replace(word, "·")
        return found


def _flag(country: str) -> str:
    """The flag of a country, as two regional indicators."""
    return "".join(chr(_FIRST_INDICATOR + ord(letter) - ord("A")) for letter in country)

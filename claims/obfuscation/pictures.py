"""Pictures that stand for a part of a word (保护❤️🩸管): read where, with the characters around, they make a term.

Everywhere else a picture was dropped when the text was folded; `read_out` says what it shows, for who reads meaning.
"""

from collections.abc import Iterable, Mapping

from claims.text.normalise import Edit, Normalised
from claims.text.spell import sound_classes

_LONGEST_PICTURE = 2
_FIRST_PICTURE = "\U0001f000"
KIND = "symbol"
_LONGEST = 5
_COST = 1.0
_BY_SOUND = 1.5


class PictureReader:
    """Terms of the policy, and what pictures may stand for in them."""

    def __init__(self, pictures: Mapping[str, str], terms: Iterable[str]) -> None:
        self._pictures = dict(pictures)
        self._terms = frozenset(terms)
        self._sounds = {sound_classes(term): term for term in sorted(self._terms) if 2 <= len(term) <= _LONGEST}

    def edits(self, folded: Normalised) -> list[Edit]:
        """The terms that pictures between, before or behind characters complete."""
        original, found = folded.original, list[Edit]()
        if original.isascii() or not any(picture in original for picture in self._pictures):
            return found
        size = len(folded.text)
        for at in range(size + 1):
            left = folded.ends[at - 1] if at else 0
            right = folded.starts[at] if at < size else len(original)
            shown = "".join(self._pictures.get(c, "") for c in original[left:right])
            edit = self._completed(folded.text, at, shown) if shown else None
            if edit is not None and (not found or found[-1].end <= edit.start):
                found.append(edit)
        return found

    def _completed(self, text: str, at: int, shown: str) -> Edit | None:
        best: Edit | None = None
        for before in range(min(_LONGEST - 1, at), -1, -1):
            for after in range(_LONGEST - before):
                if not before + after or at + after > len(text):
                    continue
                head, tail = text[at - before : at], text[at : at + after]
                said = head + shown + tail
                if head + tail in self._terms and head and tail:
                    return None
                meant = said if said in self._terms else None
                if meant is None and len(said) <= _LONGEST and before:
                    sounding = self._sounds.get(sound_classes(said))
                    fits = sounding is not None and sounding.startswith(head) and sounding.endswith(tail)
                    meant = sounding if fits else None
                if meant is not None and (best is None or len(meant) > len(best.meant)):
                    cost = _COST if meant == said else _BY_SOUND
                    best = Edit(at - before, at + after, meant, KIND, cost)
        return best


def read_out(folded: Normalised, names: Mapping[str, str]) -> str:
    """The folded text with the names of the pictures that were dropped from it, each said once where it is repeated."""
    original, text = folded.original, folded.text
    if not text or original.isascii() or not any(char in names or char > _FIRST_PICTURE for char in original):
        return text
    out: list[str] = []
    left = 0
    for at in range(len(text) + 1):
        right = folded.starts[at] if at < len(text) else len(original)
        out.append(_named(original[left:right], names))
        if at < len(text):
            out.append(text[at])
            left = folded.ends[at]
    return "".join(out)


def _named(dropped: str, names: Mapping[str, str]) -> str:
    """The names of the pictures among dropped characters."""
    found: list[str] = []
    at = 0
    while at < len(dropped):
        size = next((n for n in range(_LONGEST_PICTURE, 0, -1) if dropped[at : at + n] in names), 0)
        if size:
            name = names[dropped[at : at + size]]
            if not found or found[-1] != name:
                found.append(name)
        at += size or 1
    return "".join(found)


def names_of(lines: Iterable[str]) -> dict[str, str]:
    """Pictures with what they are called, from a table with a picture and its name a line."""
    return {picture: name for picture, _, name in (line.partition(" ") for line in lines)}

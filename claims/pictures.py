"""Pictures that stand for a part of a word (保护❤️🩸管): read where, with the characters around, they make a term.

Everywhere else a picture says nothing: it was dropped when the text was folded.
"""

from collections.abc import Iterable, Mapping

from claims.normalise import Edit, Normalised
from claims.spell import fuzzy, syllable

KIND = "symbol"
_LONGEST = 5
_COST = 1.0
_BY_SOUND = 1.5


class PictureReader:
    """Terms of the policy, and what pictures may stand for in them."""

    def __init__(self, pictures: Mapping[str, str], terms: Iterable[str]) -> None:
        self._pictures = dict(pictures)
        self._terms = frozenset(terms)
        self._sounds = {_sound(term): term for term in sorted(self._terms) if 2 <= len(term) <= _LONGEST}

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
                    sounding = self._sounds.get(_sound(said))
                    fits = sounding is not None and sounding.startswith(head) and sounding.endswith(tail)
                    meant = sounding if fits else None
                if meant is not None and (best is None or len(meant) > len(best.meant)):
                    cost = _COST if meant == said else _BY_SOUND
                    best = Edit(at - before, at + after, meant, KIND, cost)
        return best


def _sound(text: str) -> tuple[str, ...]:
    return tuple(fuzzy(syllable(c)) for c in text)

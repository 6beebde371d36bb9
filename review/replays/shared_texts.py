"""Two policies that read texts alike have each text read once."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from datetime import date
from typing import TypeVar

from claims.engine.texts import TextRead, Texts
from claims.policy.policy import Policy
from claims.text.normalise import Edit, Normalised
from claims.types import Passage

# Both judge the same passage before either goes on: a few are enough.
_REMEMBERED = 32
_Made = TypeVar("_Made")


class SharedTexts(Texts):
    """Reads each text once for all who ask soon after one another."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._made: OrderedDict[Hashable, object] = OrderedDict()

    def fold(self, passage: Passage, on: date | None = None) -> Normalised:
        """The passage as the others fold it."""
        return self._once((passage, on), lambda: self._texts.fold(passage, on))

    def hear(self, passage: Passage, on: date | None = None) -> Normalised:
        """The passage as the others hear it."""
        return self._once(("heard", passage, on), lambda: self._texts.hear(passage, on))

    def take(self, heard: Normalised, offers: Sequence[Edit], on: date | None = None) -> Normalised:
        """The text with these of its offers made, as the others make them."""
        return self._once((heard, tuple(offers), on), lambda: self._texts.take(heard, offers, on))

    def is_likelier(self, said: str, heard: str) -> bool:
        """What the others hold for likelier."""
        return self._once((said, heard, None), lambda: self._texts.is_likelier(said, heard))

    def fold_as_heard(self, text: str) -> Normalised:
        """The text as the others fold it."""
        return self._texts.fold_as_heard(text)

    def read(self, text: str, *, spoken: bool) -> TextRead:
        """What the others find in the text; whoever takes it changes nothing in it."""
        return self._once((text, spoken), lambda: self._texts.read(text, spoken=spoken))

    def _once(self, asked: Hashable, make: Callable[[], _Made]) -> _Made:
        if asked not in self._made:
            self._made[asked] = make()
            if len(self._made) > _REMEMBERED:
                self._made.popitem(last=False)
        return self._made[asked]  # type: ignore[return-value]


def share_texts(one: Policy, other: Policy) -> bool:
    """Has both policies read texts together, if they read them alike; False, and nothing is done, if they don't."""
    if one.vocabulary_digest != other.vocabulary_digest:
        return False
    other.lexicon, other.sounds, other.reader = one.lexicon, one.sounds, one.reader
    one.texts = other.texts = one.texts if isinstance(one.texts, SharedTexts) else SharedTexts(one.texts)
    return True

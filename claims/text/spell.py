"""How words are spelled in toneless pinyin, and which syllables are taken for one another."""

from functools import lru_cache

_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw")
_CONFUSED, _SAME_FINAL, _SAME_INITIAL, _OTHER = 0.25, 0.5, 0.6, 1.0


@lru_cache(maxsize=65_536)
def spell(word: str) -> tuple[str, ...]:
    """The toneless syllables of a word, one a character."""
    # Its dictionaries take 55 MB and .2 s: who never spells, as a shard, is spared them.
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin(word))


@lru_cache(maxsize=8192)
def syllable(char: str) -> str:
    """The toneless syllable of a Han character."""
    return spell(char)[0]


@lru_cache(maxsize=4096)
def fuzzy(syllable: str) -> str:
    """The class of syllables that is confused with this one."""
    text = syllable
    for said, folded in (("zh", "z"), ("ch", "c"), ("sh", "s")):
        if text.startswith(said):
            text = folded + text[2:]
            break
    if text.startswith(("l", "r")):
        text = "n" + text[1:]
    if text.startswith("f"):
        text = "h" + text[1:]
    if text.endswith("ng"):
        text = text[:-1]
    return text


def sound_classes(text: str) -> tuple[str, ...]:
    """The class of each character's syllable: texts of the same classes are taken for one another."""
    return tuple(fuzzy(syllable(char)) for char in text)


def unlike(one: str, other: str) -> float:
    """How unlike two syllables sound: 0 the same, 1 nothing in common."""
    if one == other:
        return 0.0
    one, other = fuzzy(one), fuzzy(other)
    if one == other:
        return _CONFUSED
    (initial, final), (other_initial, other_final) = _parts(one), _parts(other)
    if final == other_final:
        return _SAME_FINAL
    return _SAME_INITIAL if initial == other_initial else _OTHER


@lru_cache(maxsize=4096)
def _parts(spelt: str) -> tuple[str, str]:
    initial = next((one for one in _INITIALS if spelt.startswith(one)), "")
    return initial, spelt[len(initial) :]

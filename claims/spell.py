"""How words are spelled in toneless pinyin, and which syllables are taken for one another."""

from functools import lru_cache

from pypinyin import lazy_pinyin


@lru_cache(maxsize=65_536)
def spell(word: str) -> tuple[str, ...]:
    """The toneless syllables of a word, one a character."""
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

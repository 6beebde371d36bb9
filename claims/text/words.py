"""How likely a stretch of text is as a row of common words, what a mis-hearing is weighed against; words that ask."""

import math
from collections.abc import Iterable, Mapping

_TOTAL = 60_101_967
_LONGEST = 6
_KNOWN = 400
_USED = 100
_UNSEEN = 0.5


class CommonWords:
    """Counted words of the language, and the words that the policy adds to them."""

    def __init__(self, counts: dict[str, int], known: Iterable[str] = (), used: Iterable[str] = ()) -> None:
        """`known` words are what a mis-hearing may hide; `used` ones are said by hosts every day."""
        used = tuple(used)
        self.used = frozenset(used)
        self._common = frozenset((*counts, *used))
        self._counts = dict(counts)
        for least, words in ((_USED, used), (_KNOWN, known)):
            for word in words:
                self._counts[word] = max(least, self._counts.get(word, 0))

    @property
    def counts(self) -> Mapping[str, int]:
        """How often each word is used; the policy's at least so often that they are thought of."""
        return self._counts

    def __contains__(self, word: str) -> bool:
        """True for a counted word of two characters and more."""
        return len(word) > 1 and word in self._common

    def frequent(self, least: int = 500, longest: int = 4) -> list[str]:
        """The words that are counted most, the most frequent first."""
        chosen = [w for w, n in self._counts.items() if n >= least and 2 <= len(w) <= longest]
        return sorted(chosen, key=lambda w: (-self._counts[w], w))

    def covers(self, text: str) -> bool:
        """True if the text is nothing but words of two characters and more."""
        reached = {0}
        for end in range(2, len(text) + 1):
            if any(end - size in reached and text[end - size : end] in self._common for size in range(2, _LONGEST + 1)):
                reached.add(end)
        return len(text) in reached

    def likelihood(self, text: str) -> float:
        """The logarithm of the best segmentation's probability."""
        return self._ways(text)[-1][0]

    def cut(self, text: str) -> list[str]:
        """The words of the best segmentation."""
        ways, end, found = self._ways(text), len(text), list[str]()
        while end > 0:
            start = ways[end][1]
            found.append(text[start:end])
            end = start
        return found[::-1]

    def _ways(self, text: str) -> list[tuple[float, int]]:
        """Up to each place the likeliest way there, and where its last word begins."""
        best = [(0.0, 0)]
        for end in range(1, len(text) + 1):
            found = (best[end - 1][0] + math.log(self._counts.get(text[end - 1], _UNSEEN) / _TOTAL), end - 1)
            for start in range(max(0, end - _LONGEST), end - 1):
                count = self._counts.get(text[start:end])
                if count is not None:
                    found = max(found, (best[start][0] + math.log(count / _TOTAL), start))
            best.append(found)
        return best


def counts_of(lines: Iterable[str]) -> dict[str, int]:
    """The words of a table with one word and its count a line."""
    cut = " ".join(lines).split()
    return dict(zip(cut[::2], map(int, cut[1::2]), strict=True))


def is_second_half(text: str, start: int, end: int) -> bool:
    """Whether a negation at [start, end) stands between one character twice, so that it asks: 能[不]能, 有[没]有."""
    return start > 0 and text[start - 1] == text[end : end + 1]

"""What a passage makes of the one before it: whether it answers what was asked there, with yes or no, or puts it right.

A host reads a viewer's question, takes a breath and answers: what is asserted stands in two passages. An affirmed
question asserts what was asked and a denied one its contrary; a number or a word alone is the answer's value; of what
is put right the last word counts. The words are a small closed class in each group of dialects (`linking.yaml`).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from claims.engine.window import Window
from claims.policy.linking import Answers
from claims.text.normalise import is_boundary, is_strong_boundary

ANSWERS, PUTS_RIGHT = "it answers what was asked", "it puts right what was said"
OTHERWISE, LIKEWISE = "answered otherwise than registered", "answered as registered"
WRONG, RIGHT = "the registered value is taken back", "put right to the registered value"
# An answer says yes or no so early in its first clause; a verb is taken up again in so many characters of it.
_EARLY, _ECHOED = 4, 3
_OPENS = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """How a passage takes up the words `before` it.

    `affirms`: whether its answer is a yes or a no; None where it is neither, as a value alone. It answers nothing where
    `before` asks nothing.
    """

    before: str
    answers: bool
    affirms: bool | None
    puts_right: bool


NO_TURN = Turn(before="", answers=False, affirms=None, puts_right=False)


def turn_of(window: Window, words: Answers | None) -> Turn:
    """What the passage in focus makes of the one that was heard before it."""
    start, end = span_before(window)
    if words is None or start == end:
        return NO_TURN
    return turn_between(window.text[start:end], window.text[window.focus_start : window.focus_end], words)


def span_before(window: Window) -> tuple[int, int]:
    """Where the passage before the one in focus stands; nowhere where there is none."""
    return next(((h.offset, h.end) for h in reversed(window.passages) if h.end <= window.focus_start), (0, 0))


@lru_cache(maxsize=256)
def turn_between(before: str, said: str, words: Answers) -> Turn:
    """What `said` makes of what was said `before`, both folded."""
    grammar = _grammar(words)
    puts_right = grammar.puts_right(before, said)
    asked = not puts_right and grammar.asks.search(before) is not None
    affirms = grammar.affirms(before, said) if asked else None
    # Who asks back in words of a yes or a no (哪能不送) asks nothing.
    answers = asked and (affirms is not None or not grammar.only_asks(said))
    return Turn(before=before, answers=answers, affirms=affirms, puts_right=puts_right)


def registered_polarity(shown: str, question: str, words: Answers) -> bool | None:
    """Whether a registered text says yes (有, 可拆) or no (不含, 无) of what is asked; None where it says neither.

    Of several clauses the one that shares most characters with the question tells.
    """
    clauses = [clause for clause in re.split(r"[,、;。|/ ()]+", shown) if clause]
    if not clauses:
        return None
    clause = max(clauses, key=lambda one: sum(char in question for char in set(one)))
    grammar = _grammar(words)
    if grammar.is_lacking.match(clause):
        return False
    return True if grammar.is_there.match(clause) else None


@dataclass(frozen=True, slots=True)
class Values:
    """What a passage says of one registered text: the value that is registered, and another."""

    registered: bool
    another: bool


def turn_features(turn: Turn, shown: str, asked: Values, said: Values, words: Answers | None) -> dict[str, float]:
    """What speaks for the passage asserting a registered text or its contrary.

    `shown`: the text, folded; `asked`, `said`: which of its values the passage before and this one say.
    """
    if words is None:
        return {}
    # The last word counts: who takes the registered value back says otherwise, who comes to it does not.
    is_changed = turn.puts_right and asked.registered is not said.registered
    comes_to_it = is_changed and said.registered
    found = {
        ANSWERS: float(turn.answers),
        PUTS_RIGHT: float(turn.puts_right and not comes_to_it),
        WRONG: float(is_changed and not comes_to_it),
        RIGHT: float(comes_to_it),
    }
    as_registered = _is_as_registered(turn, shown, asked, words)
    if as_registered is not None:
        found[LIKEWISE if as_registered else OTHERWISE] = 1.0
    return found


def _is_as_registered(turn: Turn, shown: str, asked: Values, words: Answers) -> bool | None:
    """Whether a yes or a no says what is registered; None where there is none, or what was asked is not understood."""
    if turn.affirms is None:
        return None
    registered = registered_polarity(shown, turn.before, words)
    if registered is None and asked.registered is not asked.another:
        registered = asked.registered
    return None if registered is None else registered is turn.affirms


class _Grammar:
    """The patterns of a policy's words for questions and answers."""

    def __init__(self, words: Answers) -> None:
        particles = f"(?:{_any(words.particles)})*"
        lead = f"(?:(?:{_any(words.fillers)})[,.!?]*)*"
        end = r"(?=[,。!?;.、:]|$)"
        doubled = rf"(?P<verb>[^\W\d_])[{words.negators}](?P=verb)"
        self.asks = re.compile(rf"\?|{doubled}|{_any(words.asks)}|(?:{_any(words.asks_at_the_end)}){end}")
        self._yes = re.compile(f"{lead}(?:{_any(words.affirms)})+{particles}{end}")
        self._yes_begins = re.compile(f"{lead}(?:{_any(words.affirms_at_once)})")
        self._no = re.compile(f"{lead}(?:{_any(words.denies)})")
        self._no_no = re.compile(f"{lead}(?:{_any(words.denies_nothing)})")
        cannot = rf"[^\W\d_][{words.negators}](?![{words.asks_behind}])[^\W\d_]"
        self._cannot = re.compile(rf"{lead}.{{0,{_EARLY}}}?{cannot}")
        echo = rf"{lead}(?!{_any(words.fillers)})(?P<echo>[^\W\d_]{{1,{_ECHOED}}}?)"
        whole = rf"{lead}(?P<whole>[^\W\d_]{{2,{_ECHOED}}}){end}"
        self._echo = re.compile(f"{echo}(?:{_any(words.echo_ends)})|{whole}")
        self._may = re.compile(rf"{lead}(?:{_any(words.may)})(?P<echo>[^\W\d_])")
        self._asks_back = re.compile(f"{echo}(?:{_any(words.asks_back)})")
        self._corrects = re.compile(f"{words.slips.pattern}|{_any(words.puts_right)}")
        self._breaks_off = re.compile(f"{words.slips.pattern}|{_any(words.breaks_off)}")
        self.is_there = re.compile(_any(words.is_there))
        self.is_lacking = re.compile(_any(words.is_lacking))

    def only_asks(self, said: str) -> bool:
        """True for a passage that goes on asking and says nothing else."""
        clauses = [clause for clause in re.split(r"(?<=[?])|[,。!;]", said) if clause.strip("?")]
        return bool(clauses) and all(self.asks.search(clause) for clause in clauses)

    def puts_right(self, before: str, said: str) -> bool:
        """True where the passage begins with a slip that is put right, or the one before broke off with it."""
        opening = _first_clauses(said, _OPENS)
        return self._corrects.search(opening) is not None or self._breaks_off.search(_last_clause(before)) is not None

    def affirms(self, before: str, said: str) -> bool | None:
        """Whether the answer is a yes, a no, or neither."""
        clause = _first_clauses(said, 1)
        if self._yes.match(said) or self._yes_begins.match(said):
            return True
        if self._no_no.match(said):
            return None
        if self._no.match(said) or self._cannot.match(clause) or _repeats(self._asks_back, said, before):
            return False
        return True if _repeats(self._echo, said, before) or _repeats(self._may, said, before) else None


def _repeats(pattern: re.Pattern[str], said: str, before: str) -> bool:
    found = pattern.match(said)
    return found is not None and next(word for word in found.groups() if word) in before


@lru_cache(maxsize=4)
def _grammar(words: Answers) -> _Grammar:
    return _Grammar(words)


def _any(words: tuple[str, ...]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


def _first_clauses(text: str, count: int) -> str:
    ends = [at for at, char in enumerate(text) if is_boundary(char)]
    return text[: ends[count - 1]] if len(ends) >= count else text


def _last_clause(text: str) -> str:
    text = text.rstrip("。!;,")
    return text[max((at + 1 for at, char in enumerate(text) if is_strong_boundary(char)), default=0) :]

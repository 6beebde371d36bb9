"""A customer's word list as it is set: words are added, taken away or replaced; what contradicts itself is refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from claims.tenant_words import MOST_WORDS, ListedWord, WordList, Words, WordTerms, keeps
from claims.types import Disposition, Finding, Passage
from review.api_errors import OrderRefused
from review.db.tables.streams import FindingRow, PassageRow, StreamRow
from review.errors import NotFoundError
from review.streams.rows import finding_from_json, passage_from_row
from review.streams.tenant_rules import StoredRules

TermsOf = Callable[[str], WordTerms | None]
_MOST_PASSAGES, _MOST_FINDINGS, _MOST_EXAMPLES = 20_000, 5_000, 5


class UnknownWord(NotFoundError):
    """The customer's list has no such word."""

    def __init__(self, word_id: str) -> None:
        super().__init__(f"word {word_id!r} is not on the list; GET /v1/words lists them")
        self.word_id = word_id


def words_of(stored: StoredRules | None) -> WordList:
    """The words of a version; none where nothing was set."""
    return WordList() if stored is None else WordList.model_validate(stored.content)


def with_words(old: StoredRules | None, added: Sequence[ListedWord], terms: TermsOf) -> Mapping[str, Any]:
    """The list with these words; one that is on it already, by its id, is replaced. OrderRefused."""
    new = {word.id: word for word in added}
    kept = [word for word in words_of(old).words if word.id not in new]
    return listed([*kept, *new.values()], terms)


def without_word(old: StoredRules | None, word_id: str, terms: TermsOf) -> Mapping[str, Any]:
    """The list without this word; UnknownWord."""
    before = words_of(old).words
    kept = [word for word in before if word.id != word_id]
    if len(kept) == len(before):
        raise UnknownWord(word_id)
    return listed(kept, terms)


def listed(words: Sequence[ListedWord], terms: TermsOf) -> Mapping[str, Any]:
    """The list as it is kept, with what its classes mean now; OrderRefused names what can't stand on it."""
    if len(words) > MOST_WORDS:
        raise OrderRefused("words", f"are {len(words)}, at most {MOST_WORDS} are taken", code="too_large")
    found: dict[str, WordTerms] = {}
    faults: list[tuple[str, str]] = []
    allowed = {_plain(word) for word in words if word.kind == "allow"}
    seen: set[str] = set()
    for index, word in enumerate(words):
        if word.id in seen:
            faults.append((f"words.{index}.word", f"{word.word!r} stands twice; keep one"))
        seen.add(word.id)
        if word.kind != "allow" and _plain(word) in allowed:
            faults.append((f"words.{index}.kind", f"{word.word!r} is allowed as well; take one of them away"))
        if word.class_id is not None and word.class_id not in found:
            means = terms(word.class_id)
            if means is None:
                faults.append((f"words.{index}.class", f"{word.class_id!r} is no class of the policy"))
            else:
                found[word.class_id] = means
    if faults:
        path, reason = faults[0]
        more = f"; and {len(faults) - 1} more, see errors" if len(faults) > 1 else ""
        raise OrderRefused(path, f"{reason}{more}", code="words", faults=faults)
    kept = WordList(words=tuple(words), terms=found)
    return kept.model_dump(mode="json", by_alias=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedWord:
    """What a word would do: to how many passages that were said or shown, or to how many findings.

    `passages`: of a word that is found or watched. `lowered`: findings that would be notes; `kept`: those that nothing
    allows away. `examples`: passages and findings by broadcast and id, with the words.
    """

    word: ListedWord
    passages: int = 0
    lowered: int = 0
    kept: int = 0
    examples: tuple[tuple[str, str, str], ...] = ()


def try_words(engine: Engine, tenant_id: str, words: Sequence[ListedWord], at: datetime) -> list[TriedWord]:
    """What each word would have done to what the customer's broadcasts gave last; nothing is changed."""
    with Session(engine) as session:
        own = StreamRow.tenant_id == tenant_id
        said = session.scalars(
            select(PassageRow)
            .join(StreamRow, StreamRow.stream_id == PassageRow.stream_id)
            .where(own)
            .order_by(StreamRow.created_at_ms.desc(), PassageRow.stream_id, PassageRow.start_ms.desc())
            .limit(_MOST_PASSAGES)
        )
        passages = [passage_from_row(row) for row in said]
        found = session.scalars(
            select(FindingRow.record)
            .join(StreamRow, StreamRow.stream_id == FindingRow.stream_id)
            .where(own, FindingRow.disposition == Disposition.FLAG.value)
            .order_by(FindingRow.created_seq.desc())
            .limit(_MOST_FINDINGS)
        )
        findings = [finding_from_json(record) for record in found]
    return [_tried(word, passages, findings, at) for word in words]


def _tried(word: ListedWord, passages: Sequence[Passage], findings: Sequence[Finding], at: datetime) -> TriedWord:
    alone = Words(WordList(words=(word,)), "tried")
    if word.kind == "allow":
        rests = [finding for finding in findings if alone.allowing(finding, at) is not None]
        kept = sum(bool(keeps(finding)) for finding in rests)
        examples = tuple((one.stream_id, one.finding_id, one.quote) for one in rests[:_MOST_EXAMPLES])
        return TriedWord(word=word, lowered=len(rests) - kept, kept=kept, examples=examples)
    hits = [passage for passage in passages if any(alone.found(passage.text, at))]
    examples = tuple((one.stream_id, one.id, one.text[:200]) for one in hits[:_MOST_EXAMPLES])
    return TriedWord(word=word, passages=len(hits), examples=examples)


def _plain(word: ListedWord) -> str:
    return "".join(word.word.split()).lower()

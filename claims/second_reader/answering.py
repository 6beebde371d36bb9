"""An answer held to its form and to the passage: what does not fit is void, and says nothing."""

import unicodedata
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from claims.second_reader.cleaning import bare
from claims.second_reader.types import Answer, Opinion, Question

MOST_ANSWER_CHARS = 4_000
_MOST_REASON, _MOST_WORDS, _MOST_WORD = 200, 4, 200
_SENTENCE_ENDS = "。！？!?"
_HAN = ("CJK UNIFIED", "CJK COMPATIBILITY")


class VoidAnswer(ValueError):
    """The answer is none that may be counted; `str` says why."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    answer: Answer
    class_id: Annotated[str, Field(alias="class")]
    reading: Annotated[int, Field(ge=0)]
    words: Annotated[list[Annotated[str, Field(min_length=1, max_length=_MOST_WORD)]], Field(max_length=_MOST_WORDS)]
    reason: Annotated[str, Field(min_length=1, max_length=_MOST_REASON)]


def answer_schema(question: Question) -> dict[str, Any]:
    """The JSON schema that an answer to this question must fit."""
    return {
        "type": "object",
        "properties": {
            "answer": {"type": "string", "enum": ["breach", "lawful", "unsure"]},
            "class": {"type": "string", "enum": list(question.classes)},
            "reading": {"type": "integer", "enum": list(range(len(question.readings)))},
            "words": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
            "reason": {"type": "string"},
        },
        "required": ["answer", "class", "reading", "words", "reason"],
        "additionalProperties": False,
    }


def read_answer(text: str, question: Question, model: str) -> Opinion:
    """The opinion; VoidAnswer where the text is no such answer, or rests on words that nobody said."""
    if len(text) > MOST_ANSWER_CHARS:
        raise VoidAnswer(f"longer than {MOST_ANSWER_CHARS} characters")
    try:
        given = _Answer.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise VoidAnswer(f"{'.'.join(map(str, first['loc'])) or 'answer'}: {first['msg']}") from error
    if given.class_id not in question.classes:
        raise VoidAnswer("class: none of those proposed")
    if given.reading >= len(question.readings):
        raise VoidAnswer("reading: there is none of this number")
    passage = bare(question.readings[given.reading])
    for words in given.words:
        if not bare(words) or bare(words) not in passage:
            raise VoidAnswer("words: they do not stand in the passage")
    if given.answer != "unsure" and not given.words:
        raise VoidAnswer("words: it rests on none")
    return Opinion(
        model=model,
        answer=given.answer,
        class_id=given.class_id,
        reading=given.reading,
        words=tuple(given.words),
        reason=_sentence(given.reason, question.language),
    )


def _sentence(reason: str, language: str) -> str:
    """The reason, if it is one plain sentence in the policy's language."""
    plain = reason.strip()
    if any(unicodedata.category(char)[0] == "C" for char in plain):
        raise VoidAnswer("reason: holds characters that can't be read")
    if any(end in plain[:-1] for end in _SENTENCE_ENDS):
        raise VoidAnswer("reason: is more than one sentence")
    letters = [char for char in plain if char.isalpha()]
    han = sum(unicodedata.name(char, "").startswith(_HAN) for char in letters)
    if not letters or (language.startswith("zh") and 2 * han < len(letters)):
        raise VoidAnswer("reason: is not in the policy's language")
    return plain

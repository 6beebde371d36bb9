"""`messages.yaml`: what findings say in the policy's language, with the same in English, formatted by name.

A policy that was written before there was such a file says what the code said until then (`older/`).
"""

from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, Field

from claims.policy.words import Word
from claims.types import Frozen


class Message(Frozen):
    """One message; what stands in {braces} is filled in."""

    zh: Word
    en: Word

    def render(self, **values: object) -> str:
        """It in the policy's language."""
        return self.zh.format(**values)

    def both(self, **values: object) -> str:
        """It in the policy's language and in English, a blank between them."""
        return f"{self.zh} {self.en}".format(**values)


def _fills(*names: str) -> AfterValidator:
    """Refuses a message that wants to be filled with anything else."""

    def check(message: Message) -> Message:
        wanted = {
            name for text in (message.zh, message.en) for _, name, _, _ in Formatter().parse(text) if name is not None
        }
        if not wanted <= set(names):
            known = f"filled in are {', '.join(names)}" if names else "nothing is filled in"
            raise ValueError(f"{{{min(wanted - set(names))}}}: {known}")
        return message

    return AfterValidator(check)


def _said(zh: str, en: str) -> Message:
    return Message(zh=zh, en=en)


class Messages(Frozen):
    """`messages.yaml`.

    `facts`: what the platform's facts are called, by their kinds; `given`, `not_given`: how one is told that has no
    value. `units`: how units are told whose names nobody reads.
    """

    no_cue: Annotated[Message, _fills("name")]
    same_clause: Annotated[Message, _fills()]
    next_clause: Annotated[Message, _fills()]
    weighs_nothing: Annotated[Message, _fills()]
    shelf_life: Annotated[Message, _fills("shown")]
    production_date: Annotated[Message, _fills("day")]
    price: Annotated[Message, _fills("amount")]
    suggested_price: Annotated[Message, _fills("amount")]
    lowest_price: Annotated[Message, _fills("amount")]
    contains: Annotated[Message, _fills("word")]
    # Policies before 2026.11.11 lack these.
    permitted: Annotated[Message, _fills("shown")] = _said("permitted: {shown}", "permitted: {shown}")
    facts: dict[Word, Message] = Field(default_factory=dict)
    units: dict[Word, Word] = Field(default_factory=dict)
    given: Annotated[Message, _fills()] = _said("True", "True")
    not_given: Annotated[Message, _fills()] = _said("False", "False")
    statutory_return: Annotated[Message, _fills()]

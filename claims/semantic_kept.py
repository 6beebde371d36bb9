"""What the semantic layer's encoder made of each text, handed on to be kept: it is what costs, and it stays the same.

A direction follows from the text and the encoder alone, whatever classifier, policy or product it is held against.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeGuard

from claims.semantic import Proposal, Proposer

_KEY_BYTES = 12


class Encoding(Proposer, Protocol):
    """A proposer whose encoder is known by its content, so that what it read can be kept and used again.

    `classifier_key` names the classifier for good, with everything that it was trained to.
    """

    encoder_key: str | None
    classifier_key: str

    def read_as(self, texts: Sequence[str]) -> list[str]:
        """What the encoder reads when it is asked of these passages."""
        ...

    def direction(self, text: str) -> bytes | None:
        """The text's direction (little-endian), if it is remembered."""
        ...

    def recall(self, directions: Mapping[str, bytes]) -> None:
        """Goes on with these directions, by `text_key`, in the place of those that were given before."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Directions:
    """What an encoder read: each text's direction (little-endian) by `text_key`."""

    encoder: str
    by_text: Mapping[str, bytes] = field(repr=False)


class KeepingProposer:
    """Proposes as the other does, and collects what it read for one broadcast, each text once."""

    def __init__(self, proposer: Encoding, encoder: str) -> None:
        self.name = proposer.name
        self.batch_size = proposer.batch_size
        self._proposer = proposer
        self._encoder = encoder
        self._kept: set[str] = set()
        self._new: dict[str, bytes] = {}

    def read_ahead(self, texts: Sequence[str]) -> None:
        """Lets the other read ahead."""
        self._proposer.read_ahead(texts)

    def propose(self, texts: Sequence[str], classes: frozenset[str]) -> tuple[Proposal, ...]:
        """What the other proposes."""
        proposals = self._proposer.propose(texts, classes)
        for text in self._proposer.read_as(texts) if texts else ():
            key = text_key(text)
            if key not in self._kept and (direction := self._proposer.direction(text)) is not None:
                self._kept.add(key)
                self._new[key] = direction
        return proposals

    def take(self) -> Directions:
        """What was read since this was last asked."""
        new, self._new = self._new, {}
        return Directions(encoder=self._encoder, by_text=new)


def keeping(proposer: Proposer | None) -> KeepingProposer | None:
    """The proposer, collecting what it reads; None where there is none, or its encoder is not known by its content."""
    if proposer is None or not keeps_directions(proposer) or proposer.encoder_key is None:
        return None
    return KeepingProposer(proposer, proposer.encoder_key)


def keeps_directions(proposer: Proposer) -> TypeGuard[Encoding]:
    """Whether the proposer tells and takes directions."""
    return hasattr(proposer, "encoder_key")


def text_key(text: str) -> str:
    """Under what a text's direction is kept."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_KEY_BYTES).hexdigest()

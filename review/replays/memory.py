"""Remembers what judging a broadcast once gave: the same passages are judged again and again."""

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError

from claims.semantic import Known, Proposal, Proposer
from review.replays.types import Said, StoredStream

_SAID: TypeAdapter[tuple[Said, ...]] = TypeAdapter(tuple[Said, ...])
_LEVEL = 1


class RememberingProposer:
    """A proposer that is asked once for the same words; `known`: its proposals, by a hash of the question."""

    def __init__(self, proposer: Proposer, known: dict[str, tuple[Proposal, ...]]) -> None:
        self.name = proposer.name
        # What is known needs no reading ahead.
        self.batch_size = 1 if known else proposer.batch_size
        self.known = known
        self.asked = 0
        self._proposer = proposer
        self._classes: dict[frozenset[str], bytes] = {}

    def read_ahead(self, texts: Sequence[str]) -> None:
        """Lets the proposer read ahead."""
        self._proposer.read_ahead(texts)

    def propose(self, texts: Sequence[str], classes: frozenset[str]) -> tuple[Proposal, ...]:
        """What was proposed before, or else what is proposed now."""
        key = self._key(texts, classes)
        found = self.known.get(key)
        if found is None:
            self.asked += 1
            found = self.known[key] = self._proposer.propose(texts, classes)
        return found

    def _key(self, texts: Sequence[str], classes: frozenset[str]) -> str:
        of_classes = self._classes.get(classes)
        if of_classes is None:
            of_classes = self._classes[classes] = hashlib.sha256("\x1f".join(sorted(classes)).encode()).digest()
        return hashlib.blake2b("\x1f".join(texts).encode(), digest_size=12, key=of_classes).hexdigest()


def pack_proposals(known: dict[str, tuple[Proposal, ...]]) -> bytes:
    """The proposals as they are stored."""
    return _packed({key: [asdict(proposal) for proposal in proposals] for key, proposals in known.items()})


def unpack_proposals(content: bytes | None) -> dict[str, tuple[Proposal, ...]]:
    """The stored proposals; none where nothing is stored, or not in this form."""
    try:
        stored = {} if content is None else json.loads(zlib.decompress(content))
        return {
            key: tuple(Proposal(**(one | {"known": tuple(Known(**k) for k in one["known"])})) for one in proposals)
            for key, proposals in stored.items()
        }
    except (zlib.error, ValueError, TypeError, KeyError):
        return {}


def pack_said(said: Sequence[Said]) -> bytes:
    """The findings as they are stored."""
    return _packed(_SAID.dump_python(tuple(said), mode="json"))


def unpack_said(content: bytes) -> tuple[Said, ...] | None:
    """The stored findings; None if they are not in this form."""
    try:
        return _SAID.validate_json(zlib.decompress(content))
    except (zlib.error, ValidationError):
        return None


def said_topic(stream: StoredStream, digest: str, semantic: str, program: str) -> str:
    """Under what the findings of this policy are remembered: all that they follow from is in it."""
    basis = hashlib.sha256()
    for part in (digest, semantic, program, stream.at.isoformat(), *stream.passports, *stream.products):
        basis.update(part.encode() + b"\0")
    for record in (*stream.passages, *stream.facts):
        basis.update(record.model_dump_json().encode() + b"\0")
    for step in stream.steps:
        basis.update(repr(step).encode() + b"\0")
    return f"said:{basis.hexdigest()[:40]}"


def _packed(value: Any) -> bytes:
    return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), _LEVEL)

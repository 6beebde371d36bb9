"""Labelled passages as the shipped reader sees them, which is all that a fit learns from."""

from collections.abc import Sequence

import numpy as np

from claims.classifier.fit.examples import LabelledPassage
from claims.classifier.fit.head import Example
from claims.classifier.learnt import Pointing
from claims.engine.window import fold
from claims.obfuscation.pictures import read_out
from claims.policy.policy import Policy
from claims.types import Passage


def examples_of(passages: Sequence[LabelledPassage], policy: Policy, reader: Pointing) -> list[Example]:
    """The passages that hold anything to read, in their order; the same words of one group once, by the last label."""
    newest: dict[tuple[str, str, str], tuple[LabelledPassage, str]] = {}
    for passage in passages:
        text = as_read(passage.text, policy)
        newest.pop((passage.group, passage.kind, text), None)
        newest[passage.group, passage.kind, text] = passage, text
    found: list[Example] = []
    for passage, text in newest.values():
        direction = reader.points(text, passage.kind)
        if direction is None:
            continue
        reading = reader.read(text, passage.kind)
        share = sum(share for name, share in reading.classes if not policy.class_files[name].recorded)
        pointed = np.frombuffer(direction, dtype="<f2").astype(np.float32)
        found.append(Example(passage=passage, direction=pointed, breach=reading.breach, open_share=share))
    return found


def as_read(text: str, policy: Policy) -> str:
    """The words as a reader gets them: folded, pictures read out."""
    passage = Passage(stream_id="labels", id="p", start_ms=0, end_ms=1, text=text)
    return read_out(fold(passage, policy), policy.pictures)

"""Lets the work of many streams go on side by side: what they ask of the reader at one time goes to it in one call."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from vision.ocr.reader import Pictures, TextReader
from vision.types import FrameText, Place, Reading


class RequestKind(StrEnum):
    """What the reader can be asked."""

    FIND = "find"
    RECOGNISE = "recognise"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadRequest:
    """What a watcher needs of the reader before it can go on."""

    kind: RequestKind
    pictures: Pictures
    scales: tuple[float, ...] = ()


Answers = Sequence[tuple[Place, ...] | Reading]
Steps = Generator[ReadRequest, Answers, list[FrameText]]


def answer(work: Sequence[Steps], reader: TextReader) -> list[list[FrameText]]:
    """What each of these works comes to, once all that they ask is answered."""
    texts: list[list[FrameText]] = [[] for _ in work]
    asked: dict[int, ReadRequest] = {}
    for index, steps in enumerate(work):
        try:
            asked[index] = next(steps)
        except StopIteration as done:
            texts[index] = done.value
    while asked:
        for kind in RequestKind:
            same = [(index, ask) for index, ask in asked.items() if ask.kind is kind]
            for index, answers in _asked_of(reader, kind, same):
                try:
                    asked[index] = work[index].send(answers)
                except StopIteration as done:
                    texts[index] = done.value
                    del asked[index]
    return texts


def _asked_of(
    reader: TextReader, kind: RequestKind, asks: Sequence[tuple[int, ReadRequest]]
) -> Iterator[tuple[int, Answers]]:
    pictures = [picture for _, ask in asks for picture in ask.pictures]
    answers: Answers
    if not asks:
        return
    if kind is RequestKind.FIND:
        answers = reader.find(pictures, [scale for _, ask in asks for scale in ask.scales])
    elif kind is RequestKind.RECOGNISE:
        answers = reader.recognise(pictures)
    else:
        answers = reader.confirm(pictures)
    start = 0
    for index, ask in asks:
        yield index, answers[start : start + len(ask.pictures)]
        start += len(ask.pictures)

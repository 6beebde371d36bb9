"""Words placed by the pauses that can be heard: alignment is good to a fifth of a second, silence to some 10 ms.

A quotation or a clip begins and ends at a pause more often than not, and there the alignment of an attention model is
worst: it spreads the last character over the silence or starts the next one in it.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from asr.recogniser import Cut
from asr.types import Word
from ingest.types import SAMPLE_RATE_HZ

STEP_MS = 10
QUIET_SHARE = 0.05
LOUD_PERCENTILE = 90
SHORTEST_PAUSE_MS = 100
NEAR_MS = 300
PUNCTUATION_MS = 150


def find_pauses(cut: Cut) -> list[tuple[int, int]]:
    """Where nothing is heard for over `SHORTEST_PAUSE_MS` within the cut's speech, in ms on the stream clock.

    None where something plays behind the speech: then nothing is quiet beside what is loud.
    """
    step = SAMPLE_RATE_HZ * STEP_MS // 1000
    count = len(cut.samples) // step
    if not count:
        return []
    level = np.sqrt(np.mean(np.square(cut.samples[: count * step].reshape(count, step)), axis=1))
    loud = np.flatnonzero(level > QUIET_SHARE * np.percentile(level, LOUD_PERCENTILE))
    pauses = [
        (cut.start_ms + (int(before) + 1) * STEP_MS, cut.start_ms + int(after) * STEP_MS)
        for before, after in pairwise(loud)
        if after - before > SHORTEST_PAUSE_MS // STEP_MS
    ]
    return [(start, end) for start, end in pauses if cut.speech_start_ms < start and end < cut.speech_end_ms]


def settle_at_pauses(words: Sequence[Word], pauses: Sequence[tuple[int, int]]) -> tuple[Word, ...]:
    """The words with each pause between two of them: the ones that were placed nearest, best after punctuation."""
    settled = list(words)
    first = 0
    for pause_start_ms, pause_end_ms in pauses:
        middle_ms = (pause_start_ms + pause_end_ms) / 2
        distances = {
            index: abs((settled[index].end_ms + settled[index + 1].start_ms) / 2 - middle_ms)
            - PUNCTUATION_MS * (not settled[index].text[-1:].isalnum())
            for index in range(first, len(settled) - 1)
        }
        nearest = min(distances, key=distances.__getitem__, default=None)
        if nearest is None or distances[nearest] > NEAR_MS:
            continue
        for index in range(first, nearest + 1):
            word = settled[index]
            settled[index] = replace(
                word, start_ms=min(word.start_ms, pause_start_ms), end_ms=min(word.end_ms, pause_start_ms)
            )
        settled[nearest] = replace(settled[nearest], end_ms=pause_start_ms)
        for index in range(nearest + 1, len(settled)):
            word = settled[index]
            settled[index] = replace(
                word, start_ms=max(word.start_ms, pause_end_ms), end_ms=max(word.end_ms, pause_end_ms)
            )
        settled[nearest + 1] = replace(settled[nearest + 1], start_ms=pause_end_ms)
        first = nearest + 1
    return tuple(settled)

"""Real recognition with hotwords: names are found, and no hint makes a flag out of harmless words.

The clips were made with Kokoro and its Mandarin voices, from sentences that sound like what is not allowed.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import configs
from asr.engines.whisper import WhisperTranscriber
from asr.recogniser import BEAM_SIZE, Cut
from asr.types import Utterance
from claims.engine.conversation import ClaimEngine
from claims.passages import from_utterance
from claims.passports.load import load_passports
from claims.policy.packaged import packaged_policy
from claims.products.hotwords import hotwords_of
from claims.types import Disposition, Finding
from tests.claims.support import AT

CLIPS = Path(__file__).parents[1] / "clips"
TEMPTING = ("治疗失眠", "纯棉", "降血压", "根治", "洋槐蜜", "国家级", "销量第一", "驰名商标")
MakeCut = Callable[..., Cut]


@pytest.fixture(scope="module")
def engine() -> ClaimEngine:
    policy = packaged_policy()
    passports = load_passports(configs.DEMO_DIR / "passports.yaml", policy.quantity_reader)
    return ClaimEngine(policy, passports, at=AT)


def hear(transcriber: WhisperTranscriber, cut_of: MakeCut, clip: str, hotwords: tuple[str, ...] = ()) -> Utterance:
    samples = np.asarray(soundfile.read(CLIPS / f"{clip}.flac", dtype="float32")[0], np.float32)
    cut = cut_of(samples)
    names = ("stream_id", "start_ms", "end_ms", "speech_start_ms", "speech_end_ms", "samples")
    (utterance,) = transcriber.transcribe([Cut(**{name: getattr(cut, name) for name in names}, hotwords=hotwords)])
    return utterance


def judge(engine: ClaimEngine, utterance: Utterance) -> list[Finding]:
    conversation = engine.conversation("s1")
    return conversation.hear(from_utterance(utterance)) + conversation.flush()


def unhinted(utterance: Utterance) -> str:
    return from_utterance(utterance).text_without_hints


@pytest.mark.parametrize("clip", ["therapist", "cotton_store", "snowfall", "beekeeper"])
def test_harmless_words_are_not_flagged_for_a_hint(
    transcriber: WhisperTranscriber, engine: ClaimEngine, cut_of: MakeCut, clip: str
) -> None:
    plain = hear(transcriber, cut_of, clip)
    hinted = hear(transcriber, cut_of, clip, TEMPTING)
    assert not any(term.confirmed for term in hinted.biased)
    assert unhinted(hinted) == plain.text
    assert [f.quote for f in judge(engine, hinted) if f.disposition is Disposition.FLAG] == []


def test_the_hint_does_tempt_and_what_it_brings_in_is_noted_with_the_reason(
    transcriber: WhisperTranscriber, engine: ClaimEngine, cut_of: MakeCut
) -> None:
    hinted = hear(transcriber, cut_of, "therapist", TEMPTING)
    assert [(hinted.text[t.start : t.end], t.heard) for t in hinted.biased] == [("失眠", "师面")]
    for finding in judge(engine, hinted):
        assert finding.disposition is Disposition.NOTE
        assert finding.score_steps[-1].step == "heard only with hotwords, not confirmed"


def test_a_name_is_found_with_its_hint(exact_transcriber: WhisperTranscriber, cut_of: MakeCut) -> None:
    plain = hear(exact_transcriber, cut_of, "red_wine")
    hinted = hear(exact_transcriber, cut_of, "red_wine", ("赤霞珠干红葡萄酒",))
    assert "赤霞珠" not in plain.text
    assert "赤霞珠干红葡萄酒" in hinted.text
    assert "".join(word.text for word in hinted.words) == hinted.text


def test_streams_with_other_hotwords_share_a_call(
    exact_transcriber: WhisperTranscriber, lines: list[Any], cut_of: MakeCut
) -> None:
    cut = cut_of(np.asarray(soundfile.read(CLIPS / "red_wine.flac", dtype="float32")[0], np.float32))
    names = ("start_ms", "end_ms", "speech_start_ms", "speech_end_ms", "samples")
    same = {name: getattr(cut, name) for name in names}
    wine, none, honey = exact_transcriber.transcribe(
        [
            Cut(stream_id="wine", hotwords=("赤霞珠干红葡萄酒",), **same),
            Cut(stream_id="none", **same),
            Cut(stream_id="honey", hotwords=("洋槐蜜",), **same),
        ]
    )
    assert "赤霞珠" in wine.text
    assert none.text == honey.text
    assert not none.biased


def test_product_names_come_first_and_once(engine: ClaimEngine) -> None:
    hotwords = hotwords_of(engine.finder.passports)
    assert hotwords[: len(engine.finder.passports)] == tuple(p.name for p in engine.finder.passports)
    assert len(set(hotwords)) == len(hotwords)


def test_what_was_nearly_heard_is_carried(exact_transcriber: WhisperTranscriber, cut_of: MakeCut) -> None:
    heard = [hear(exact_transcriber, cut_of, clip) for clip in ("beekeeper", "cotton_store", "red_wine", "snowfall")]
    assert sum(bool(utterance.alternatives) for utterance in heard) > len(heard) / 2
    for utterance in heard:
        texts = [alternative.text for alternative in utterance.alternatives]
        assert len(texts) < BEAM_SIZE
        assert len({"".join(filter(str.isalnum, text)) for text in (utterance.text, *texts)}) == 1 + len(texts)
        scores = [alternative.score for alternative in utterance.alternatives]
        assert scores == sorted(scores, reverse=True)

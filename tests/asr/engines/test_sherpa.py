"""The second engine loads what it should, says what is wrong with what it should not, and keeps the contract."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asr.engines.registry import list_all, open_recogniser
from asr.engines.sherpa_weights import find_sherpa
from asr.engines.weights import WhisperWeights
from asr.errors import WeightsDamagedError, WeightsMissingError, WrongAudioError
from asr.recogniser import LONGEST_CUT_MS, Cut, Recogniser
from tests.asr.tiny_sherpa import write_paraformer, write_sensevoice

MakeCut = Callable[..., Cut]


@pytest.fixture(scope="module", params=["base", "sensevoice", "paraformer"])
def recogniser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recogniser:
    models_dir = tmp_path_factory.mktemp("engines")
    if request.param == "base":
        weights: WhisperWeights = request.getfixturevalue("weights")
        return open_recogniser("base", weights.folder.parent, device="cpu")
    write = {"sensevoice": write_sensevoice, "paraformer": write_paraformer}[request.param]
    write(models_dir / request.param)
    return open_recogniser(request.param, models_dir, device="cpu")


def test_utterances_keep_the_order_of_their_cuts_and_name_the_weights(
    recogniser: Recogniser, lines: list[Any], cut_of: MakeCut
) -> None:
    cuts = [cut_of(lines[i].samples, stream_id=f"s{i}", start_ms=1_000 * i) for i in (4, 0, 2)]
    utterances = recogniser.transcribe(cuts)
    assert [one.stream_id for one in utterances] == ["s4", "s0", "s2"]
    assert {one.model for one in utterances} == {recogniser.model_name}
    assert len(recogniser.model_name.rpartition("@")[2]) == 12
    assert recogniser.counts.cut_count == 3


def test_words_join_to_the_text_in_order_within_the_speech(
    recogniser: Recogniser, lines: list[Any], cut_of: MakeCut
) -> None:
    cut = cut_of(lines[0].samples, start_ms=90_000)
    (utterance,) = recogniser.transcribe([cut])
    assert utterance.text
    assert "".join(word.text for word in utterance.words) == utterance.text
    starts = [word.start_ms for word in utterance.words]
    assert starts == sorted(starts)
    assert all(cut.start_ms <= word.start_ms <= word.end_ms <= cut.end_ms for word in utterance.words)
    assert all(0 <= word.probability <= 1 for word in utterance.words)
    assert 0 <= utterance.confidence <= 1


def test_hotwords_never_stand_unmarked(recogniser: Recogniser, lines: list[Any], cut_of: MakeCut) -> None:
    cut = cut_of(lines[0].samples)
    (plain,) = recogniser.transcribe([cut])
    (hinted,) = recogniser.transcribe([Cut(**{name: getattr(cut, name) for name in _FIELDS}, hotwords=("扫地机器人",))])
    text = hinted.text
    for term in reversed(hinted.biased):
        text = text[: term.start] + term.heard + text[term.end :]
    assert text == plain.text


def test_no_cuts_give_no_utterances(recogniser: Recogniser) -> None:
    assert recogniser.transcribe([]) == []


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(np.zeros(0, np.float32), id="empty"),
        pytest.param(np.zeros((16_000, 2), np.float32), id="stereo"),
        pytest.param(np.zeros((LONGEST_CUT_MS + 1) * 16, np.float32), id="too long"),
    ],
)
def test_cuts_that_cannot_be_recognised_are_refused(
    recogniser: Recogniser, cut_of: MakeCut, samples: np.ndarray[Any, np.dtype[np.float32]]
) -> None:
    with pytest.raises(WrongAudioError, match="s1"):
        recogniser.transcribe([cut_of(samples)])


@pytest.mark.parametrize("family", ["sensevoice", "paraformer"])
def test_a_folder_without_weights_is_named(tmp_path: Path, family: str) -> None:
    with pytest.raises(WeightsMissingError, match=r"holds no model\.int8\.onnx"):
        open_recogniser(f"{family}:{tmp_path}", tmp_path)
    with pytest.raises(WeightsMissingError, match="there is no folder"):
        open_recogniser(f"{family}:{tmp_path / 'nowhere'}", tmp_path)


@pytest.mark.parametrize("family", ["sensevoice", "paraformer"])
def test_weights_that_are_not_here_and_may_not_be_fetched_are_named_in_one_line(tmp_path: Path, family: str) -> None:
    with pytest.raises(WeightsMissingError, match="not on this machine") as caught:
        find_sherpa(family, tmp_path, may_download=False)
    assert "tokens.txt" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_without_their_tokens_are_named(tmp_path: Path) -> None:
    write_sensevoice(tmp_path)
    (tmp_path / "tokens.txt").unlink()
    with pytest.raises(WeightsMissingError, match=r"tokens\.txt"):
        open_recogniser(f"sensevoice:{tmp_path}", tmp_path)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda folder: write_sensevoice(folder, metadata=False), id="no metadata"),
        pytest.param(write_paraformer, id="another family"),
        pytest.param(lambda folder: (folder / "model.onnx").write_bytes(b"junk"), id="no model"),
    ],
)
def test_weights_of_another_kind_are_refused_and_end_no_process(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    write_sensevoice(tmp_path)
    spoil(tmp_path)
    with pytest.raises(WeightsDamagedError, match="sensevoice"):
        open_recogniser(f"sensevoice:{tmp_path}", tmp_path)


def test_damage_that_leaves_the_metadata_is_refused(tmp_path: Path) -> None:
    write_sensevoice(tmp_path)
    model = tmp_path / "model.onnx"
    model.write_bytes(b"\xff" * 100 + model.read_bytes()[100:])
    with pytest.raises(WeightsDamagedError, match="does not load"):
        open_recogniser(f"sensevoice:{tmp_path}", tmp_path)


def test_weights_put_into_the_models_folder_are_listed(tmp_path: Path) -> None:
    assert not {info.name: info for info in list_all(tmp_path)}["sensevoice"].found
    write_sensevoice(tmp_path / "sensevoice")
    info = {info.name: info for info in list_all(tmp_path)}["sensevoice"]
    assert (info.found, info.path) == (True, tmp_path / "sensevoice")
    assert info.sha256
    assert "FunASR" in info.licence


_FIELDS = ("stream_id", "start_ms", "end_ms", "speech_start_ms", "speech_end_ms", "samples")

"""Weights for sherpa-onnx: SenseVoice and Paraformer, about ten times cheaper than Whisper by what others report."""

from dataclasses import dataclass
from pathlib import Path

from asr.engines.weights import ModelInfo, remembered_sha256
from asr.errors import WeightsMissingError

TOKENS_FILE = "tokens.txt"
MODEL_FILES = ("model.int8.onnx", "model.onnx")
NEEDED = f"{MODEL_FILES[0]} and {TOKENS_FILE} (as sensevoice:FOLDER)"


@dataclass(frozen=True, slots=True, kw_only=True)
class SherpaModel:
    """A family of weights: where a model hub has it, and under what terms."""

    name: str
    hub_id: str
    byte_count: int
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SherpaWeights:
    """A folder that sherpa-onnx can load, and the hash of its model file."""

    family: str
    model: Path
    tokens: Path
    sha256: str


SHERPA_MODELS = {
    model.name: model
    for model in (
        SherpaModel(
            name="sensevoice",
            hub_id="csukuangfj/sherpa-onnx-sense-voice-zh-en-ja-ko-yue-2024-07-17",
            byte_count=239_000_000,
            licence="FunASR Model Licence 1.1",
        ),
        SherpaModel(
            name="paraformer",
            hub_id="csukuangfj/sherpa-onnx-paraformer-zh-2023-09-14",
            byte_count=243_000_000,
            licence="FunASR Model Licence 1.1",
        ),
    )
}


def is_sherpa(name: str) -> bool:
    """True for `sensevoice`, `paraformer`, and either with a folder after a colon."""
    return name.partition(":")[0] in SHERPA_MODELS


def find_sherpa(name: str, cache_dir: Path, *, may_download: bool = True) -> SherpaWeights:
    """Weights in the named folder, in the cache, or from the model hub; WeightsMissingError if they can't be had."""
    family, _, place = name.partition(":")
    folder = Path(place) if place else cache_dir / family
    if place and not folder.is_dir():
        raise WeightsMissingError(name, f"there is no folder {folder}", NEEDED)
    if not place and not folder.is_dir():
        folder = _from_hub(SHERPA_MODELS[family], cache_dir, may_download=may_download)
    model = next((folder / file for file in MODEL_FILES if (folder / file).is_file()), None)
    if model is None:
        raise WeightsMissingError(name, f"folder {folder} holds no {' or '.join(MODEL_FILES)}", NEEDED)
    tokens = folder / TOKENS_FILE
    if not tokens.is_file():
        raise WeightsMissingError(name, f"folder {folder} holds no {TOKENS_FILE}", NEEDED)
    return SherpaWeights(family=family, model=model, tokens=tokens, sha256=remembered_sha256(model, cache_dir))


def sherpa_info(model: SherpaModel, cache_dir: Path) -> ModelInfo:
    """Whether the family is here, and where; opens no network connection."""
    try:
        weights = find_sherpa(model.name, cache_dir, may_download=False)
    except WeightsMissingError:
        weights = None
    return ModelInfo(
        name=model.name,
        kind="speech recognition",
        found=weights is not None,
        path=weights.model.parent if weights else None,
        byte_count=weights.model.stat().st_size if weights else model.byte_count,
        sha256=weights.sha256 if weights else None,
        licence=model.licence,
        source=f"model hub, {model.hub_id}",
        note="needs zhenyan[sherpa]" if weights else "not here; needs zhenyan[sherpa]; mind its licence",
    )


def _from_hub(model: SherpaModel, cache_dir: Path, *, may_download: bool) -> Path:
    from httpx import HTTPError
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(
                model.hub_id,
                cache_dir=cache_dir / "hub",
                allow_patterns=[MODEL_FILES[0], TOKENS_FILE],
                local_files_only=not may_download,
            )
        )
    except (LocalEntryNotFoundError, HfHubHTTPError, HTTPError, OSError) as error:
        raise WeightsMissingError(
            model.name,
            f"not on this machine, and the model hub did not give {model.hub_id} ({str(error).splitlines()[0]})",
            NEEDED,
        ) from error

"""A recogniser by the name that settings give it."""

from pathlib import Path
from typing import Literal

from asr.engines.sherpa_weights import SHERPA_MODELS, find_sherpa, is_sherpa, sherpa_info
from asr.engines.weights import ModelInfo, find_whisper, list_models
from asr.recogniser import Recogniser
from asr.rescoring.candidates import SoundAlikes


def list_all(models_dir: Path) -> tuple[ModelInfo, ...]:
    """Every speech model that is known, of either engine, whether it is here and where; opens no network connection."""
    return (*list_models(models_dir), *(sherpa_info(model, models_dir) for model in SHERPA_MODELS.values()))


def found_recognisers(models_dir: Path) -> tuple[str, ...]:
    """The names of the recognisers whose weights are on this machine."""
    return tuple(info.name for info in list_all(models_dir) if info.found and info.kind == "speech recognition")


def fetch(name: str, models_dir: Path) -> tuple[Path, str]:
    """The folder of the named weights, joined or downloaded if need be, and the hash of their model file."""
    if is_sherpa(name):
        sherpa = find_sherpa(name, models_dir)
        return sherpa.model.parent, sherpa.sha256
    whisper = find_whisper(name, models_dir)
    return whisper.folder, whisper.sha256


def open_recogniser(
    name: str,
    models_dir: Path,
    *,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    threads: int = 1,
    compute_type: str | None = None,
    batch_size: int | None = None,
    alikes: SoundAlikes | None = None,
) -> Recogniser:
    """The recogniser, its weights found, verified and loaded. `compute_type` and `batch_size` are Whisper's alone.

    `alikes`: what finds words to listen for once more, which Whisper alone can do; None: nothing is heard twice.

    `sensevoice` and `paraformer`, alone or as `sensevoice:FOLDER`, run through sherpa-onnx; anything else is Whisper:
    `base`, a name or id that a model hub knows, or a folder. Raises WeightsMissingError, WeightsDamagedError.
    """
    if is_sherpa(name):
        from asr.engines.sherpa import SherpaRecogniser

        return SherpaRecogniser(find_sherpa(name, models_dir), device=device, threads=threads)
    from asr.engines.vocabulary import for_mandarin
    from asr.engines.whisper import WhisperSettings, WhisperTranscriber, runs_on_gpu

    weights = find_whisper(name, models_dir)
    if not runs_on_gpu(device):
        weights = for_mandarin(weights, models_dir)
    settings = WhisperSettings(device=device, cpu_threads=threads, compute_type=compute_type, batch_size=batch_size)
    return WhisperTranscriber(weights, settings, alikes)


def visible_gpu_count() -> int:
    """How many GPUs an engine of this process could take."""
    from asr.engines.whisper import gpu_count

    return gpu_count()

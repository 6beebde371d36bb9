"""How much of a card's memory an engine takes, reckoned from the model's own measures. Pure.

An upper bound by arithmetic, held against what a real card shows by `zhenyan bench gpu`; no card was measured yet. What
a Whisper of this size takes: its weights; for each cut of a call what the encoder computes at once; for each beam the
decoder's memory of what it wrote and of the sound; and what the libraries take whatever they do.
"""

from dataclasses import dataclass

from asr.errors import SpeechSettingsError
from asr.recogniser import BEAM_SIZE

# CUDA's context, cuBLAS and its workspaces, of each process.
LIBRARIES_MB = 700.0
_FRAMES = 1_500
_MOST_TOKENS = 448
_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2, "int8": 1, "int8_float16": 1, "int8_float32": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelMeasures:
    """A Whisper's measures: millions of parameters, width, heads, layers of encoder and of decoder."""

    parameters_m: float
    width: int
    heads: int
    encoder_layers: int
    decoder_layers: int


MEASURES = {
    "tiny": ModelMeasures(parameters_m=39, width=384, heads=6, encoder_layers=4, decoder_layers=4),
    "base": ModelMeasures(parameters_m=74, width=512, heads=8, encoder_layers=6, decoder_layers=6),
    "small": ModelMeasures(parameters_m=244, width=768, heads=12, encoder_layers=12, decoder_layers=12),
    "medium": ModelMeasures(parameters_m=769, width=1024, heads=16, encoder_layers=24, decoder_layers=24),
    "large-v3": ModelMeasures(parameters_m=1550, width=1280, heads=20, encoder_layers=32, decoder_layers=32),
    "large-v3-turbo": ModelMeasures(parameters_m=809, width=1280, heads=20, encoder_layers=32, decoder_layers=4),
}


def engine_memory_mb(model: str, *, batch_size: int, compute_type: str) -> float:
    """What one process with this model takes of a card at most, for calls of so many cuts.

    Raises SpeechSettingsError for a model whose measures are not known, and for arithmetic that is none.
    """
    measures = MEASURES.get(model)
    if measures is None:
        raise SpeechSettingsError(f"model {model!r}: its measures are not known; known: {', '.join(MEASURES)}")
    if compute_type not in _BYTES:
        raise SpeechSettingsError(f"compute type {compute_type!r}: known are {', '.join(_BYTES)}")
    if batch_size < 1:
        raise SpeechSettingsError(f"batch size {batch_size}: at least 1 cut is in a call")
    weights = measures.parameters_m * 1e6 * _BYTES[compute_type]
    # What is computed between layers stays in half precision where weights are in eighths.
    number = max(2, _BYTES[compute_type])
    attention = measures.heads * _FRAMES * _FRAMES * number
    between = 8 * _FRAMES * measures.width * number
    memory = 2 * measures.decoder_layers * measures.width * number
    of_sound, of_words = memory * _FRAMES, memory * _MOST_TOKENS * BEAM_SIZE
    return LIBRARIES_MB + (weights + batch_size * (attention + between + of_sound + of_words)) / 1e6

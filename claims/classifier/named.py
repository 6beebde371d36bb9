"""Any text encoder by its name or folder, on a GPU where there is one."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModel, AutoTokenizer

from claims.errors import SemanticError

_BATCH = 64
_MOST_TOKENS = 256


class NamedEncoder:
    """A BERT-like model as `transformers` loads it; a text's direction is the mean of its tokens'."""

    batch_size = _BATCH
    # A name may be given to other weights; what these read is not kept.
    key: str | None = None

    def __init__(self, name: str, *, device: Literal["auto", "cpu", "cuda"] = "auto") -> None:
        """SemanticError says why the model can't be loaded."""
        try:
            self._tokens = AutoTokenizer.from_pretrained(name)
            self._model = AutoModel.from_pretrained(name)
        except (OSError, ValueError) as error:
            why = " ".join(str(error).split())
            raise SemanticError(
                f"semantic: model {name!r} can't be loaded: {why}; correct its name or set semantic: off"
            ) from error
        wants_gpu = device == "cuda" or (device == "auto" and torch.cuda.is_available())
        self._device = "cuda" if wants_gpu else "cpu"
        self._model.eval().to(self._device)
        # e5 was trained with a word before each text; other families have none.
        self._prefix = "query: " if "e5" in name.lower() else ""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (texts, dimensions)."""
        parts = [self._encode(texts[at : at + _BATCH]) for at in range(0, len(texts), _BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, self._model.config.hidden_size), dtype=np.float32)

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        inputs = self._tokens(
            [self._prefix + text for text in texts],
            padding=True,
            truncation=True,
            max_length=_MOST_TOKENS,
            return_tensors="pt",
        ).to(self._device)
        with torch.inference_mode():
            hidden = self._model(**inputs).last_hidden_state.float()
        mask = inputs["attention_mask"].unsqueeze(-1).float()
        mean = (hidden * mask).sum(dim=1) / mask.sum(dim=1).clamp_min(1.0)
        return np.asarray(torch.nn.functional.normalize(mean, dim=-1).cpu().numpy(), dtype=np.float32)

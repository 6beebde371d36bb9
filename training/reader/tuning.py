"""Trains the upper of Gemma's first layers to tell a breach from lawful talk, and which class it breaches.

What lies below them is computed once a text. To each matrix the product of two narrow ones is learnt, so that little
is to be shipped. In bfloat16, which processors with AMX multiply at ten times the speed of single precision; what is
learnt stays in single precision. With one thread the same seed gives the same weights on the same machine.
"""

import hashlib
import io
import math
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from claims.classifier.arrays import unpacked
from claims.classifier.base_model import BaseModel, pieces_of
from claims.classifier.converted import converted_base
from claims.classifier.gemma import packaged_model
from claims.classifier.layer_weights import HEAD, LAYERS, MATRICES, NORMS, WIDTH, turns

Floats = NDArray[np.float32]
BELOW, RANK, GAIN, PASSES, BATCH = 4, 16, 2.0, 3, 64
RATE, HEAD_RATE, WARM = 5e-4, 2e-3, 0.06
DROPOUT, DECAY, CERTAIN = 0.1, 0.01, 0.97
_CLASS_SHARE = 0.5
_READ_AT_ONCE, _CHUNK, _TOLD_EVERY = 64, 50, 20
_EPSILON = 1e-6
_FAST = torch.bfloat16


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A text, how likely it breaches anything (0 to 1), and the places of the classes that it may breach."""

    text: str
    breach: float
    class_places: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """What is added to the layers, as the engine reads it, and the heads over a direction."""

    layers: bytes
    gate: Floats
    gate_bias: float
    classes: Floats
    class_bias: Floats


def _norm(states: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    size = torch.rsqrt(states.float().pow(2).mean(-1, keepdim=True) + _EPSILON)
    return states * size.to(states.dtype) * weight


def _turned(states: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    left, right = states.chunk(2, dim=-1)
    return states * cos + torch.cat([-right, left], dim=-1) * sin


class _Matrix(nn.Module):
    """A matrix of the model, and the product of two narrow ones beside it where it is to be trained."""

    def __init__(self, whole: Floats, *, trained: bool) -> None:
        super().__init__()
        self.whole = torch.from_numpy(whole).to(_FAST)
        self.narrow: nn.ParameterList = nn.ParameterList()
        if trained:
            out, into = whole.shape
            self.narrow += [nn.Parameter(torch.randn(RANK, into) / into**0.5), nn.Parameter(torch.zeros(out, RANK))]

    def now(self) -> torch.Tensor:
        """The matrix as it stands."""
        if not self.narrow:
            return self.whole
        first, second = self.narrow
        return self.whole + (GAIN * second).to(_FAST) @ first.to(_FAST)


class _Layer(nn.Module):
    def __init__(self, model: BaseModel, number: int, *, trained: bool) -> None:
        super().__init__()
        parts = [part for names in MATRICES.values() for part in names]
        self.matrices = nn.ModuleDict(
            {part: _Matrix(model.tensor(f"blk.{number}.{part}.weight"), trained=trained) for part in parts}
        )
        self.norms = {
            name: torch.from_numpy(model.tensor(f"blk.{number}.{stored}.weight")).to(_FAST)
            for name, stored in NORMS.items()
        }
        self.kind = "wide" if number % 6 == 5 else "near"

    def matrix(self, part: str) -> torch.Tensor:
        """The matrix as it stands."""
        found = self.matrices[part]
        assert isinstance(found, _Matrix)
        return found.now()

    def forward(self, states: torch.Tensor, turned_by: dict[str, tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
        texts, tokens, _ = states.shape
        h = _norm(states, self.norms["before_attention"])
        q, k, v = (
            functional.linear(h, self.matrix(part)).view(texts, tokens, -1, HEAD).transpose(1, 2)
            for part in MATRICES["qkv"]
        )
        cos, sin = (table[:tokens] for table in turned_by[self.kind])
        q, k = (_turned(_norm(x, self.norms[name]), cos, sin) for x, name in ((q, "query"), (k, "key")))
        k, v = (x.expand(-1, q.shape[1], -1, -1) for x in (k, v))
        read = functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=HEAD**-0.5)
        out = functional.linear(read.transpose(1, 2).reshape(texts, tokens, -1), self.matrix("attn_output"))
        states = states + _norm(out, self.norms["after_attention"])
        h = _norm(states, self.norms["before_inner"])
        gate, up = (functional.linear(h, self.matrix(part)) for part in MATRICES["gate_up"])
        h = functional.linear(functional.gelu(gate, approximate="tanh") * up, self.matrix("ffn_down"))
        return states + _norm(h, self.norms["after_inner"])


class _Tuning:
    def __init__(
        self, samples: Sequence[Sample], class_count: int, seed: int, threads: int = 1, start: Tuned | None = None
    ) -> None:
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        self._dice = random.Random(seed)
        self._model = BaseModel(converted_base(packaged_model(), None))
        self._ids = {text: pieces_of(self._model.tokenizer, text) for text in dict.fromkeys(s.text for s in samples)}
        self._turned_by = {
            kind: (torch.from_numpy(cos).to(_FAST), torch.from_numpy(sin).to(_FAST))
            for kind, (cos, sin) in turns().items()
        }
        self._below = self._read_below()
        self._top = nn.ModuleList(_Layer(self._model, n, trained=True) for n in range(BELOW, LAYERS))
        self._gate, self._classes = nn.Linear(2 * WIDTH, 1), nn.Linear(2 * WIDTH, class_count)
        for head in (self._gate, self._classes):
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)
        if start is not None:
            self._begin_at(start)

    @torch.no_grad()
    def _begin_at(self, start: Tuned) -> None:
        """Goes on from what was learnt before."""
        learnt = {name: torch.from_numpy(array) for name, array in unpacked(start.layers).items()}
        for number, layer in enumerate(self._top, BELOW):
            assert isinstance(layer, _Layer)
            for part, matrix in layer.matrices.items():
                assert isinstance(matrix, _Matrix)
                first, second = matrix.narrow
                first.copy_(learnt[f"{number}.{part}.a"])
                second.copy_(learnt[f"{number}.{part}.b"] / GAIN)
        self._gate.weight.copy_(torch.from_numpy(start.gate)[None])
        self._gate.bias.fill_(start.gate_bias)
        self._classes.weight.copy_(torch.from_numpy(start.classes).T)
        self._classes.bias.copy_(torch.from_numpy(start.class_bias))

    def _read_below(self) -> dict[str, torch.Tensor]:
        """What the layers below make of each text; texts of about one length together."""
        layers = [_Layer(self._model, n, trained=False) for n in range(BELOW)]
        found: dict[str, torch.Tensor] = {}
        order = sorted(self._ids, key=lambda t: (len(self._ids[t]), t))
        with torch.inference_mode():
            for at in range(0, len(order), _READ_AT_ONCE):
                texts = order[at : at + _READ_AT_ONCE]
                ids = [self._ids[t] for t in texts]
                longest = max(map(len, ids))
                states = torch.zeros(len(ids), longest, WIDTH)
                for n, one in enumerate(ids):
                    states[n, : len(one)] = torch.from_numpy(self._model.rows(one))
                states = (states * WIDTH**0.5).to(_FAST)
                for layer in layers:
                    states = layer(states, self._turned_by)
                found.update({t: states[n, : len(ids[n])].clone() for n, t in enumerate(texts)})
        return found

    def _directions(self, samples: Sequence[Sample]) -> torch.Tensor:
        """One direction a sample, as the engine has it."""
        counts = torch.tensor([len(self._ids[s.text]) for s in samples])
        states = torch.zeros(len(samples), int(counts.max()), WIDTH, dtype=_FAST)
        for n, sample in enumerate(samples):
            states[n, : counts[n]] = self._below[sample.text]
        for layer in self._top:
            states = layer(states, self._turned_by)
        each = states.float()
        each = each * torch.rsqrt(each.pow(2).mean(-1, keepdim=True) + _EPSILON)
        places = torch.arange(each.shape[1])[None]
        inside = ((places > 0) & (places < counts[:, None])).float()
        mean = (each * (inside / inside.sum(1, keepdim=True))[..., None]).sum(1)
        return torch.cat([mean, each[torch.arange(len(samples)), counts - 1]], dim=-1) / 4

    def train(self, samples: Sequence[Sample], passes: int, rate: float = RATE) -> None:
        """Goes through the samples so often, in an order of chance, those of one length together."""
        narrow = list(self._top.parameters())
        groups: list[dict[str, object]] = [
            {"params": narrow, "lr": rate, "weight_decay": DECAY},
            {"params": [*self._gate.parameters(), *self._classes.parameters()], "lr": HEAD_RATE, "weight_decay": 0.0},
        ]
        steps = torch.optim.AdamW(groups)
        batches = [batch for _ in range(passes) for batch in self._batches(list(samples))]
        warm = max(1, round(WARM * len(batches)))
        rates = torch.optim.lr_scheduler.LambdaLR(
            steps, lambda n: (n + 1) / warm if n < warm else max(0.0, 1.0 - n / len(batches))
        )
        sum_of = 0.0
        for number, batch in enumerate(batches, 1):
            loss = self._loss(batch)
            steps.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(narrow, 1.0)
            steps.step()
            rates.step()
            sum_of += float(loss.detach())
            if not math.isfinite(sum_of):
                raise FloatingPointError(f"step {number}: the loss is no number; shown were {[s.text for s in batch]}")
            if number % _TOLD_EVERY == 0:
                print(f"step {number} of {len(batches)}, loss {sum_of / _TOLD_EVERY:.3f}", flush=True)
                sum_of = 0.0

    def _batches(self, samples: list[Sample]) -> list[list[Sample]]:
        self._dice.shuffle(samples)
        batches: list[list[Sample]] = []
        for at in range(0, len(samples), BATCH * _CHUNK):
            chunk = sorted(samples[at : at + BATCH * _CHUNK], key=lambda s: len(self._ids[s.text]))
            together = [chunk[n : n + BATCH] for n in range(0, len(chunk), BATCH)]
            self._dice.shuffle(together)
            batches += together
        return batches

    def _loss(self, batch: Sequence[Sample]) -> torch.Tensor:
        directions = functional.dropout(self._directions(batch), DROPOUT)
        wanted = torch.tensor([min(CERTAIN, max(1.0 - CERTAIN, s.breach)) for s in batch])
        loss = functional.binary_cross_entropy_with_logits(self._gate(directions)[:, 0], wanted)
        named = [n for n, s in enumerate(batch) if s.class_places]
        if named:
            shares = torch.zeros(len(named), self._classes.out_features)
            for row, n in enumerate(named):
                shares[row, list(batch[n].class_places)] = 1.0 / len(batch[n].class_places)
            of_class = functional.cross_entropy(self._classes(directions[named]), shares)
            loss = loss + _CLASS_SHARE * len(named) / len(batch) * of_class
        return loss

    def tuned(self) -> Tuned:
        """What came of it."""
        narrow = {}
        for number, layer in enumerate(self._top, BELOW):
            assert isinstance(layer, _Layer)
            for part, matrix in layer.matrices.items():
                assert isinstance(matrix, _Matrix)
                first, second = matrix.narrow
                narrow[f"{number}.{part}.a"] = _numbers(first).astype(np.float16)
                narrow[f"{number}.{part}.b"] = _numbers(GAIN * second).astype(np.float16)
        packed = io.BytesIO()
        np.savez(packed, **dict(sorted(narrow.items())))  # type: ignore[arg-type]
        return Tuned(
            layers=packed.getvalue(),
            gate=_numbers(self._gate.weight[0]),
            gate_bias=float(self._gate.bias.detach()[0]),
            classes=_numbers(self._classes.weight.T),
            class_bias=_numbers(self._classes.bias),
        )


def tune(
    samples: Sequence[Sample],
    class_count: int,
    seed: int,
    keep: Path,
    *,
    passes: int | None = None,
    threads: int = 1,
    start: Tuned | None = None,
    rate: float = RATE,
) -> Tuned:
    """What is added to the layers and the heads over their directions, trained on these samples.

    What came of the same samples and settings lies in the folder `keep` and is used again. With more than one thread
    the last digits differ from run to run. With `start` it goes on from there.
    """
    passes = PASSES if passes is None else passes
    settings: tuple[object, ...] = (BELOW, RANK, GAIN, passes, BATCH, rate, HEAD_RATE, WARM, DROPOUT, DECAY, CERTAIN)
    settings += (class_count, seed)
    if start is not None:
        settings += (hashlib.sha256(start.layers + start.gate.tobytes()).hexdigest(),)
    of_samples = [(s.text, s.breach, s.class_places) for s in samples]
    path = keep / f"tuned-{hashlib.sha256(repr((settings, of_samples)).encode()).hexdigest()[:16]}.npz"
    if not path.is_file():
        tuning = _Tuning(samples, class_count, seed, threads, start)
        tuning.train(samples, passes, rate)
        keep.mkdir(parents=True, exist_ok=True)
        tuned = tuning.tuned()
        np.savez(path, **{**asdict(tuned), "layers": np.frombuffer(tuned.layers, np.uint8)})
    with np.load(path, allow_pickle=False) as stored:
        return Tuned(
            layers=stored["layers"].tobytes(),
            gate=stored["gate"],
            gate_bias=float(stored["gate_bias"]),
            classes=stored["classes"],
            class_bias=stored["class_bias"],
        )


def _numbers(values: torch.Tensor) -> Floats:
    return np.ascontiguousarray(values.detach().numpy(), dtype=np.float32)

"""A model of `transformers` in this process: what is asked at the same time is answered in one batch.

Answers are held to their JSON schema while they are written (llguidance), so that the smallest model keeps its form.
"""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from cluster.second_reader.types import ModelFailed, ModelLate, Reply, SecondReaderConfig

_GATHER_S = 0.02


@dataclass(slots=True, eq=False)
class _Waiting:
    """A question that waits for its batch."""

    messages: list[dict[str, str]]
    schema: Mapping[str, Any]
    until_s: float
    done: threading.Event = field(default_factory=threading.Event)
    reply: Reply | None = None
    why: str = ""


def check_installed() -> None:
    """Raises ModuleNotFoundError for a package that a model needs."""
    for name in ("llguidance", "torch", "transformers"):
        if find_spec(name) is None:
            raise ModuleNotFoundError(name, name=name)


class InProcessModel:
    """Loads the model of this name when it is first asked; any number of threads may ask."""

    def __init__(self, config: SecondReaderConfig) -> None:
        self.name = config.name
        self._config = config
        self._line: list[_Waiting] = []
        self._changed = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def say(self, messages: list[dict[str, str]], schema: Mapping[str, Any], *, within_s: float) -> Reply:
        """What the model answers; raises ModelLate or ModelFailed."""
        asked = _Waiting(messages, schema, time.monotonic() + within_s)
        with self._changed:
            if self._closing:
                raise ModelFailed("it is being ended")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="second-reader-model", daemon=True)
                self._thread.start()
            self._line.append(asked)
            self._changed.notify()
        if not asked.done.wait(within_s):
            with self._changed:
                if asked in self._line:
                    self._line.remove(asked)
            raise ModelLate(f"no answer within {within_s:g} s")
        if asked.reply is None:
            raise ModelFailed(asked.why)
        return asked.reply

    def close(self) -> None:
        """Ends the thread once the batch in hand is done."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout=30)

    def _run(self) -> None:
        try:
            writer: _Writer | None = _Writer(self._config)
            why = ""
        except Exception as error:  # whatever a library says that can't load it: every question is told
            writer, why = None, f"{self._config.transformers}: can't be loaded: {str(error).splitlines()[0][:200]}"
        while (batch := self._batch()) is not None:
            replies: list[Reply] = []
            try:
                if writer is not None:
                    replies = writer.write([one.messages for one in batch], [one.schema for one in batch])
            except Exception as error:  # a batch that fails fails for those in it alone
                why = f"it failed: {str(error).splitlines()[0][:200]}" if str(error) else type(error).__name__
            for number, one in enumerate(batch):
                one.reply, one.why = (replies[number] if replies else None), why
                one.done.set()

    def _batch(self) -> list[_Waiting] | None:
        """The next questions that are not late already; None once it is to end."""
        with self._changed:
            while not self._line and not self._closing:
                self._changed.wait()
            if self._closing:
                return None
        time.sleep(_GATHER_S)
        with self._changed:
            now_s = time.monotonic()
            timely = [one for one in self._line if one.until_s > now_s]
            batch, self._line = timely[: self._config.batch_size], timely[self._config.batch_size :]
            return batch or []


class _Writer:
    """The loaded model: writes answers to several questions at once."""

    def __init__(self, config: SecondReaderConfig) -> None:
        import llguidance.hf as guidance
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self._torch: Any = torch
        wants_cuda = config.device == "cuda" or (config.device == "auto" and torch.cuda.is_available())
        self._device = "cuda" if wants_cuda else "cpu"
        if self._device == "cpu":
            torch.set_num_threads(config.threads)
        self._tokenizer: Any = AutoTokenizer.from_pretrained(config.transformers, padding_side="left")
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        dtype = torch.bfloat16 if wants_cuda else torch.float32
        model: Any = AutoModelForCausalLM.from_pretrained(config.transformers, dtype=dtype)
        self._model = model.to(self._device).eval()
        self._vocabulary = int(self._model.get_input_embeddings().weight.shape[0])
        hf: Any = guidance
        self._grammar = hf.from_tokenizer(self._tokenizer, n_vocab=self._vocabulary)
        self._most_tokens = config.most_tokens

    def write(self, asked: list[list[dict[str, str]]], schemas: list[Mapping[str, Any]]) -> list[Reply]:
        """An answer to each, by its own schema."""
        prompts = [self._prompt(messages) for messages in asked]
        given = self._tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False).to(self._device)
        size = given["input_ids"].shape[1]
        guide = _Guide(self._grammar, schemas, self._vocabulary, size)
        with self._torch.inference_mode():
            written = self._model.generate(
                **given,
                max_new_tokens=self._most_tokens,
                do_sample=False,
                logits_processor=[guide],
                pad_token_id=self._tokenizer.pad_token_id,
            )
        replies = []
        for number, row in enumerate(written):
            new = [token for token in row[size:].tolist() if token != self._tokenizer.pad_token_id]
            text = self._tokenizer.decode(new, skip_special_tokens=True)
            tokens_in = int(given["attention_mask"][number].sum())
            replies.append(Reply(text=text, tokens_in=tokens_in, tokens_out=len(new)))
        return replies

    def _prompt(self, messages: list[dict[str, str]]) -> str:
        """The dialogue by the model's own template; of a model that has none, its texts in a row."""
        if self._tokenizer.chat_template:
            prompt: str = self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
            return prompt
        return "\n\n".join(message["content"] for message in messages) + "\n\n"


class _Guide:
    """Lets only such tokens through as go on to a JSON text of the schema, for each row of a batch."""

    def __init__(self, grammar: Any, schemas: list[Mapping[str, Any]], vocabulary: int, prompt_size: int) -> None:
        import llguidance
        import llguidance.torch

        compiled = [
            llguidance.LLMatcher.grammar_from_json_schema(json.dumps(schema), overrides={"whitespace_flexible": False})
            for schema in schemas
        ]
        self._tools = llguidance.torch
        self._matchers = [llguidance.LLMatcher(grammar, one) for one in compiled]
        self._mask = llguidance.torch.allocate_token_bitmask(len(schemas), vocabulary)
        self._size = prompt_size

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        for number, matcher in enumerate(self._matchers):
            if input_ids.shape[1] > self._size and not matcher.is_stopped():
                matcher.consume_token(int(input_ids[number, -1]))
            self._tools.fill_next_token_bitmask(matcher, self._mask, number)
        self._tools.apply_token_bitmask_inplace(scores, self._mask.to(scores.device))
        return scores

"""A model of transformers in this process: a tiny one with random weights, that answers in the form all the same."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cluster.second_reader.in_process import InProcessModel
from cluster.second_reader.types import ModelFailed, ModelLate
from tests.cluster.second_reader.rooms import config

SCHEMA = {
    "type": "object",
    "properties": {
        "answer": {"type": "string", "enum": ["breach", "lawful", "unsure"]},
        "reading": {"type": "integer", "enum": [0, 1]},
    },
    "required": ["answer", "reading"],
    "additionalProperties": False,
}
ASKED = [{"role": "system", "content": "判断"}, {"role": "user", "content": '{"text":"血糖就稳住了"}'}]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a language model of a few thousand weights, and its tokenizer."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("llguidance")
    tokenizers = pytest.importorskip("tokenizers")
    folder = tmp_path_factory.mktemp("tiny")
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<s>", "</s>", "<pad>"], initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator([json.dumps(SCHEMA), "breach lawful unsure"], trainer)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    shape = transformers.LlamaConfig(
        vocab_size=len(fast),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        bos_token_id=fast.bos_token_id,
        eos_token_id=fast.eos_token_id,
        pad_token_id=fast.pad_token_id,
    )
    transformers.LlamaForCausalLM(shape).save_pretrained(folder)
    return folder


@pytest.mark.filterwarnings("default")
def test_questions_asked_at_once_are_answered_in_their_form(tiny: Path) -> None:
    model = InProcessModel(config("", model="", transformers=str(tiny), device="cpu", most_tokens=80))
    with ThreadPoolExecutor(3) as askers:
        replies = list(askers.map(lambda _: model.say(ASKED, SCHEMA, within_s=300), range(3)))
    model.close()
    for reply in replies:
        answer = json.loads(reply.text)
        assert answer["answer"] in {"breach", "lawful", "unsure"}
        assert answer["reading"] in {0, 1}
        assert reply.tokens_in > 10
        assert reply.tokens_out > 0


def test_a_model_that_is_not_there_fails_every_question_and_says_why(tmp_path: Path) -> None:
    model = InProcessModel(config("", model="", transformers=str(tmp_path / "none"), device="cpu"))
    with pytest.raises((ModelFailed, ModelLate), match=r"can't be loaded|no answer"):
        model.say(ASKED, SCHEMA, within_s=120)
    model.close()

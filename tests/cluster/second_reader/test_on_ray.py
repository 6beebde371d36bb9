"""The model in an actor of the cluster: asked by several at once, late, killed and there again."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import ray

from cluster.scheduler.types import NAMESPACE
from cluster.second_reader.on_ray import RayModel
from cluster.second_reader.types import ModelFailed, ModelLate, Reply, SecondReaderConfig
from tests.cluster.second_reader.rooms import ASKED, SCHEMA, config

ROOT = Path(__file__).parents[3]
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def local_ray() -> Iterator[None]:
    folder = tempfile.mkdtemp(prefix="zy", dir="/tmp")
    # Workers find the code where this process does.
    os.environ["PYTHONPATH"], before = str(ROOT), os.environ.get("PYTHONPATH")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _temp_dir=folder)
    yield
    ray.shutdown()
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def none_of_before(local_ray: None) -> None:
    """Ends the actor of the test before, which would end in the middle of this one."""
    # One that ends already can't be looked up.
    with suppress(ValueError):
        ray.kill(ray.get_actor("second-reader", namespace=NAMESPACE))
    deadline_s = time.monotonic() + 60
    while is_there():
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


@pytest.fixture
def given(tiny: Path) -> SecondReaderConfig:
    return config("", model="", transformers=str(tiny), device="cpu", most_tokens=80)


def answer_of(model: RayModel, within_s: float) -> Reply:
    """The first answer within this time, of an actor that may have to start."""
    deadline_s = time.monotonic() + within_s
    while True:
        try:
            return model.say(ASKED, SCHEMA, within_s=within_s)
        except (ModelFailed, ModelLate):
            if time.monotonic() > deadline_s:
                raise


def is_there() -> bool:
    return any(one["name"] == "second-reader" for one in ray.util.list_named_actors(all_namespaces=True))


def refused_of(model: RayModel) -> None:
    """Asks until it raises, as it must where the actor's process is gone; Ray notices within a moment."""
    for _ in range(20):
        model.say(ASKED, SCHEMA, within_s=1)


def process_of() -> int:
    """The process of the actor that has the model."""
    actor = ray.get_actor("second-reader", namespace=NAMESPACE)
    found: int = ray.get(actor.__ray_call__.remote(lambda _: os.getpid()))
    return found


def test_all_machines_ask_one_actor(given: SecondReaderConfig) -> None:
    one, other = RayModel(given), RayModel(given)
    answer_of(one, 240)
    with ThreadPoolExecutor(4) as askers:
        replies = list(askers.map(lambda model: model.say(ASKED, SCHEMA, within_s=240), [one, other] * 2))
    assert {reply.tokens_in for reply in replies} == {replies[0].tokens_in}
    assert all('"answer"' in reply.text and reply.tokens_out > 0 for reply in replies)
    assert one._there()._actor_id == other._there()._actor_id


def test_one_that_takes_longer_is_late(given: SecondReaderConfig) -> None:
    model = RayModel(given)
    answer_of(model, 240)
    with pytest.raises(ModelLate, match=r"no answer within 0\.001 s"):
        model.say(ASKED, SCHEMA, within_s=0.001)


def test_one_that_is_killed_fails_who_asks_and_is_there_again(given: SecondReaderConfig) -> None:
    model = RayModel(given)
    answer_of(model, 240)
    before = process_of()
    os.kill(before, signal.SIGKILL)
    with pytest.raises((ModelFailed, ModelLate)):
        refused_of(model)
    assert answer_of(model, 240).tokens_out > 0
    assert process_of() != before


def test_one_that_ended_with_who_started_it_is_started_by_the_next(given: SecondReaderConfig) -> None:
    first = RayModel(given)
    answer_of(first, 240)
    next_one = RayModel(given)
    before = process_of()
    ray.kill(first._actor)
    assert answer_of(next_one, 240).tokens_out > 0
    assert process_of() != before


def test_a_model_that_is_not_there_is_said_so(given: SecondReaderConfig, tmp_path: Path) -> None:
    model = RayModel(config("", model="", transformers=str(tmp_path / "none"), device="cpu"))
    with pytest.raises(ModelFailed, match="can't be loaded"):
        model.say(ASKED, SCHEMA, within_s=240)

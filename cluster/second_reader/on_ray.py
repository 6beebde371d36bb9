"""The model of `transformers` in an actor of its own, which all machines of the cluster ask."""

import threading
from collections.abc import Mapping
from typing import Any

import ray
from ray.exceptions import ActorDiedError, GetTimeoutError, RayError

from cluster.scheduler.types import NAMESPACE
from cluster.second_reader.in_process import InProcessModel
from cluster.second_reader.types import ModelFailed, ModelLate, Reply, SecondReaderConfig

_NAME = "second-reader"
_THREADS = 64


class ModelActor:
    """Holds the model; calls come at once and share batches."""

    def __init__(self, config: SecondReaderConfig) -> None:
        self._model = InProcessModel(config)

    def say(self, messages: list[dict[str, str]], schema: Mapping[str, Any], within_s: float) -> Reply | str:
        """What the model answers, or why not; exceptions with arguments of their own don't survive the way."""
        try:
            return self._model.say(messages, schema, within_s=within_s)
        except ModelLate:
            return ""
        except ModelFailed as error:
            return str(error)


class RayModel:
    """Asks the cluster's actor, which is started if it is not there and started again if it dies.

    The actor ends with the process that started it; the next that asks starts another.
    """

    def __init__(self, config: SecondReaderConfig) -> None:
        self.name = config.name
        self._config = config
        self._starting = threading.Lock()
        self._actor: Any = None
        self._there()

    def _there(self) -> Any:
        """The actor; of several that ask at once one starts it."""
        with self._starting:
            if self._actor is None:
                self._actor = self._started()
            return self._actor

    def _started(self) -> Any:
        there: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        gpus = self._config.num_gpus if self._config.device != "cpu" and there.get("GPU", 0) else 0
        as_actor: Any = ray.remote
        return (
            as_actor(num_cpus=0)(ModelActor)
            .options(
                name=_NAME,
                namespace=NAMESPACE,
                get_if_exists=True,
                max_restarts=-1,
                max_task_retries=0,
                max_concurrency=_THREADS,
                num_gpus=gpus,
            )
            .remote(self._config)
        )

    def _let_go(self, actor: Any) -> None:
        """Forgets the actor that is gone for good, unless another has been started since."""
        with self._starting:
            if self._actor is actor:
                self._actor = None

    def say(self, messages: list[dict[str, str]], schema: Mapping[str, Any], *, within_s: float) -> Reply:
        """What the actor answers; raises ModelLate or ModelFailed."""
        actor = self._there()
        asked = actor.say.remote(messages, dict(schema), within_s)
        try:
            answer: Reply | str = ray.get(asked, timeout=within_s)
        except GetTimeoutError as error:
            ray.cancel(asked)
            raise ModelLate(f"no answer within {within_s:g} s") from error
        except ActorDiedError as error:
            self._let_go(actor)
            raise ModelFailed("its actor has ended") from error
        except RayError as error:
            raise ModelFailed("its actor is not there") from error
        if isinstance(answer, Reply):
            return answer
        if not answer:
            raise ModelLate(f"no answer within {within_s:g} s")
        raise ModelFailed(answer)

    def close(self) -> None:
        """The actor ends with the process that started it."""

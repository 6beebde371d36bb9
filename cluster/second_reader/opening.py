"""The model that the settings name, ready to be asked."""

from cluster.errors import ClusterError
from cluster.second_reader.types import Model, SecondReaderConfig


class SecondReaderMissing(ClusterError):
    """What the second reader needs is not installed; the operator can act."""


def open_model(config: SecondReaderConfig, *, on_ray: bool = False) -> Model:
    """The endpoint, or the model of `transformers`: in an actor of its own where a Ray runs (`on_ray`).

    Raises SecondReaderMissing where a package is not there.
    """
    try:
        if config.url:
            from cluster.second_reader.endpoint import EndpointModel

            return EndpointModel(config)
        if on_ray:
            from cluster.second_reader.on_ray import RayModel

            return RayModel(config)
        from cluster.second_reader.in_process import InProcessModel, check_installed

        check_installed()
        return InProcessModel(config)
    except ModuleNotFoundError as error:
        extra = "second-reader" if config.url else "second-reader,embed"
        raise SecondReaderMissing(f"second reader: {error.name} is not installed; install zhenyan[{extra}]") from error

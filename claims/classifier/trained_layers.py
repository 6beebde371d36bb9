"""What training adds to the language model's first layers: `layers.npz`, read and told apart."""

from collections.abc import Mapping
from zipfile import BadZipFile

from claims.classifier.arrays import Floats, unpacked
from claims.errors import SemanticError

LAYERS = "layers.npz"
# How the largest inputs of a matrix are called that were seen on talk.
LARGEST = ".largest"


def read_layers(layers: bytes) -> dict[str, Floats]:
    """The arrays of `layers.npz`; none of nothing."""
    if not layers:
        return {}
    try:
        return unpacked(layers)
    except (OSError, ValueError, BadZipFile) as error:
        raise SemanticError(f"semantic: the trained layers can't be read: {error}; train them anew") from error


def added_from(stored: Mapping[str, Floats]) -> dict[str, Floats]:
    """What is added to matrices, by `layer.part`: the product of two narrow ones, kept as these."""
    try:
        return {name[:-2]: stored[f"{name[:-2]}.b"] @ stored[name] for name in stored if name.endswith(".a")}
    except (ValueError, KeyError) as error:
        raise SemanticError(f"semantic: the trained layers can't be read: {error}; train them anew") from error


def largest_from(stored: Mapping[str, Floats]) -> dict[str, Floats]:
    """The largest inputs of matrices that were seen on talk, by `layer.matrix`."""
    return {name.removesuffix(LARGEST): seen for name, seen in stored.items() if name.endswith(LARGEST)}

"""What a stage remembers of a stream, as bytes: heavy things that never change go by name and are put back on loading.

The bytes are pickled. They come from our own processes and lie where no child that reads strangers' media may write;
all the same, only types that stages' memory is made of are brought back to life.
"""

import io
import pickle
from collections.abc import Mapping
from typing import Any, Protocol

from cluster.errors import StateUnusable

_OWN = ("asr.", "claims.", "cluster.", "ingest.", "review.", "vision.")
_OTHERS = frozenset(
    {
        ("builtins", "bytearray"),
        ("builtins", "complex"),
        ("builtins", "frozenset"),
        ("builtins", "range"),
        ("builtins", "set"),
        ("builtins", "slice"),
        ("collections", "Counter"),
        ("collections", "OrderedDict"),
        ("collections", "defaultdict"),
        ("collections", "deque"),
        ("builtins", "dict"),
        ("builtins", "float"),
        ("builtins", "int"),
        ("builtins", "list"),
        ("datetime", "date"),
        ("datetime", "datetime"),
        ("datetime", "timedelta"),
        ("datetime", "timezone"),
        ("decimal", "Decimal"),
        ("fractions", "Fraction"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy._core.numeric", "_frombuffer"),
        ("pathlib", "Path"),
        ("pathlib", "PosixPath"),
        ("pathlib._local", "PosixPath"),
    }
)


class Stateful(Protocol):
    """A stage whose memory of a stream can be taken out and put into another one of its kind."""

    def save(self, stream_id: str) -> bytes:
        """What is remembered of this stream."""
        ...

    def load(self, stream_id: str, state: bytes) -> None:
        """Goes on from what was saved, whatever was remembered of this stream before; raises StateUnusable."""
        ...


def freeze(memory: object, shared: Mapping[str, object]) -> bytes:
    """The memory as bytes; whatever object in it is one of `shared` stands there as its name alone.

    Raises StateUnusable if something in it can't be kept, which is a fault of the program.
    """
    kept = io.BytesIO()
    try:
        _Freezer(kept, shared).dump(memory)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise StateUnusable(f"it can't be kept: {error}") from error
    return kept.getvalue()


def thaw(state: bytes, shared: Mapping[str, object]) -> Any:
    """What was frozen, with the objects of `shared` where their names stood. Raises StateUnusable."""
    try:
        return _Thawer(io.BytesIO(state), shared).load()
    except StateUnusable:
        raise
    except Exception as error:  # a damaged pickle raises anything
        raise StateUnusable(f"it can't be read: {type(error).__name__}: {error}") from error


class _Freezer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, shared: Mapping[str, object]) -> None:
        super().__init__(file, protocol=5)
        self._names = {id(one): name for name, one in shared.items() if one is not None}

    def persistent_id(self, obj: object) -> str | None:
        return self._names.get(id(obj))


class _Thawer(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, shared: Mapping[str, object]) -> None:
        super().__init__(file)
        self._shared = shared

    def persistent_load(self, pid: object) -> object:
        try:
            return self._shared[str(pid)]
        except KeyError:
            raise StateUnusable(f"it needs {pid!s}, which is not here") from None

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name) if module.startswith(_OWN) or (module, name) in _OTHERS else None
        if (module, name) in _OTHERS or (isinstance(found, type) and found.__module__ == module):
            return found
        raise StateUnusable(f"it holds {module}.{name}, which no stage remembers")

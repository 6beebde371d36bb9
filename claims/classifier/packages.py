"""Where weights lie that come as packages."""

from importlib.util import find_spec
from pathlib import Path

from claims.errors import SemanticMissing


def packaged_file(package: str, name: str) -> Path:
    """The file of that name in the package's folder; SemanticMissing where package or file is not there."""
    spec = find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(places[0]) / name if places else None
    if path is None or not path.is_file():
        raise SemanticMissing(
            f"semantic: package {package} is not installed; install zhenyan[worker], or set semantic: off"
        )
    return path

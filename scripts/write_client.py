"""Writes the half of review/client.py that waits from the half that does not, and the types of both from the document.

The types are made by datamodel-code-generator, which must be installed for that: they stand in review/client_types.py.
"""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

from review.server.openapi import described

ROOT = Path(__file__).parents[1]
CLIENT = ROOT / "review" / "client.py"
TYPES = ROOT / "review" / "client_types.py"
_MARK = "# What follows is made from AsyncZhenyan by `python -m scripts.write_client`.\n"
_WAITS = (
    (r"\bAsyncZhenyan\b", "Zhenyan"),
    (r"\bAsyncIterator\b", "Iterator"),
    (r"\bAsyncRetrying\b", "Retrying"),
    (r"\bAsyncBaseTransport\b", "BaseTransport"),
    (r"\bAsyncClient\b", "Client"),
    (r"Callable\[\[float\], Awaitable\[None\]\] = asyncio\.sleep", "Callable[[float], None] = time.sleep"),
    (r"\b__a(enter|exit)__\b", r"__\1__"),
    (r"\ba(close|read)\b", r"\1"),
    (r"\baiter_lines\b", "iter_lines"),
    (r"\basync (def|for|with)\b", r"\1"),
    (r"\(await ((?:[^()]|\([^()]*\))*)\)(?=[.\[])", r"\1"),
    (r"\bawait ", ""),
    (r"for each in (.*):\n +yield each\n", r"yield from \1\n"),
)


def waiting(source: str) -> str:
    """The class `Zhenyan`, which waits, from the source of `AsyncZhenyan`, which does not."""
    made = source[source.index("class AsyncZhenyan:") : source.index(_MARK)]
    for pattern, says in _WAITS:
        made = re.sub(pattern, says, made)
    return made.rstrip() + "\n"


def written(source: str) -> str:
    """The client's file with its second half made anew."""
    head = source[: source.index(_MARK)]
    return f"{head}{_MARK}\n\n{waiting(source)}"


def types_of(document: dict[str, object]) -> str:
    """The module of types, as the document's schemas are."""
    command = [sys.executable, "-m", "datamodel_code_generator", "--input-file-type", "openapi"]
    command += ["--output-model-type", "typing.TypedDict", "--target-python-version", "3.11", "--disable-timestamp"]
    command += [
        "--use-standard-collections",
        "--use-union-operator",
        "--disable-future-imports",
        "--enum-field-as-literal",
        "all",
    ]
    command += [
        "--custom-file-header",
        '"""The answers of the interface as types; made by `python -m scripts.write_client`."""',
    ]
    ran = subprocess.run(command, input=json.dumps(document), capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"the types can't be made: {ran.stderr}")
    # Closed dictionaries are a proposal (PEP 728) that type checkers don't know yet.
    made = re.sub(r",\s*closed=True", "", ran.stdout).replace("from typing_extensions import TypedDict\n", "")
    return re.sub(r"^from typing import (.*)$", r"from typing import \1, TypedDict", made, count=1, flags=re.MULTILINE)


def main() -> None:
    """Replaces both files; the types only where their generator is installed."""
    CLIENT.write_text(written(CLIENT.read_text(encoding="utf-8")), encoding="utf-8")
    if importlib.util.find_spec("datamodel_code_generator") is None:
        print("datamodel-code-generator is not installed; the types stay as they are")
    else:
        TYPES.write_text(types_of(described()), encoding="utf-8")
    ruff = Path(sys.executable).with_name("ruff")
    for file in (CLIENT, TYPES):
        subprocess.run([ruff, "check", "--fix", "--quiet", file], check=False)
        subprocess.run([ruff, "format", "--quiet", file], check=True)


if __name__ == "__main__":
    main()

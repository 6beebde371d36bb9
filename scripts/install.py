"""Installs this checkout into `.venv` with the named extras: `python3 scripts/install.py worker,server,dev`.

uv installs in less than half of pip's time, but reads none of pip's settings: the index, links, constraints and
certificates that pip goes by on this machine are handed to it. Where uv ends with an error, pip installs instead.
Needs nothing but Python.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
OLDEST = (3, 11)
# What of the checkout is installed, each so that an edit is seen at once.
_ALSO = ("./bench", "./demo_film")
# pip's settings of one value, by the variable of uv's that means the same; and those of several, by its option.
_VARIABLES = {
    "index_url": "UV_DEFAULT_INDEX",
    "cert": "SSL_CERT_FILE",
    "timeout": "UV_HTTP_TIMEOUT",
    "default_timeout": "UV_HTTP_TIMEOUT",
    "proxy": "ALL_PROXY",
}
_OPTIONS = {
    "extra_index_url": "--index",
    "find_links": "--find-links",
    "constraint": "--constraint",
    "trusted_host": "--allow-insecure-host",
}
# From the weakest to the strongest, as pip reads them.
_SECTIONS = ("global", "install", ":env:")


def install(extras: str, root: Path = ROOT) -> None:
    """Makes `root/.venv` where there is none and installs the checkout there. Raises `CalledProcessError`."""
    python = root / ".venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(root / ".venv")], check=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    what = ["--constraint", "constraints.txt", "--editable", f".[{extras}]"]
    what += [part for also in _ALSO for part in ("--editable", also)]
    subprocess.run([*pip, "install", "--quiet", "--constraint", "constraints.txt", "uv"], cwd=root, check=True)
    listed = subprocess.run([*pip, "config", "list"], cwd=root, check=True, capture_output=True, text=True).stdout
    settings = pip_settings(listed.splitlines())
    uv = [str(python.with_name("uv")), "pip", "install", "--quiet", "--python", str(python), "--compile-bytecode"]
    if subprocess.run([*uv, *uv_options(settings), *what], cwd=root, env=uv_environment(settings)).returncode:
        print("uv could not install; trying pip", file=sys.stderr)
        subprocess.run([*pip, "install", "--quiet", *what], cwd=root, check=True)


def pip_settings(lines: Sequence[str]) -> dict[str, str]:
    """What `pip config list` prints, such as `global.find-links='…'`, as value by `find_links`; the strongest wins."""
    found: dict[str, dict[str, str]] = {section: {} for section in _SECTIONS}
    for line in lines:
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in found:
            found[section][name.replace("-", "_")] = str(ast.literal_eval(value))
    return {name: value for section in _SECTIONS for name, value in found[section].items()}


def uv_options(settings: Mapping[str, str]) -> list[str]:
    """uv's options for pip's settings of several values; the best version on any index counts, as it does for pip."""
    several = [
        part for name, option in _OPTIONS.items() for one in settings.get(name, "").split() for part in (option, one)
    ]
    return ["--index-strategy", "unsafe-best-match", *several]


def uv_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment for uv: pip's index, certificates, timeout and proxy, unless the same is set for uv already."""
    return {variable: settings[name] for name, variable in _VARIABLES.items() if name in settings} | os.environ


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        sys.exit(f"Python {'.'.join(map(str, OLDEST))} or newer is needed; this is {sys.version.split()[0]}")
    try:
        install(sys.argv[1])
    except subprocess.CalledProcessError as failed:
        sys.exit(f"installation failed: {failed}")

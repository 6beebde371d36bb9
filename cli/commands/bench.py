"""`zhenyan bench`: runs a benchmark that an installed package brings, ours beside its peer in one run."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import click

from cli.shell.benchmark_report import print_report, report_json
from cli.shell.records import InputError
from cli.shell.tables import open_console

GROUP = "zhenyan.benchmarks"
_NONE = (
    "bench: no benchmarks are installed; they come with the source of the project: in a checkout, call `make install`, "
    "or install them beside this package with `pip install -e ./bench`"
)


@click.command(name="bench", context_settings={"ignore_unknown_options": True})
@click.argument("name", metavar="[NAME]", required=False)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
@click.option("--json", "as_json", is_flag=True, help="One JSON object: machine and rows.")
@click.option("--quick", is_flag=True, help="Little material, as a test of the benchmark itself; some have this.")
def command(name: str | None, options: tuple[str, ...], as_json: bool, quick: bool) -> None:
    """Run the benchmark NAME and print its rows; without NAME, list the benchmarks.

    Each measures ours and its peer in the same run. Figures depend on the machine, which is printed with them. A few
    take options of their own, after their name, such as limits past which they fail.

    \b
    Example:
      zhenyan bench check --json
      zhenyan bench stress --streams 100 --most-p95-ms 1000
    """
    known = {each.name: each for each in benchmarks()}
    if not known:
        raise InputError(_NONE)
    if name is None:
        for each in known.values():
            click.echo(f"{each.name:20} {each.measures}")
        return
    if name not in known:
        raise InputError(f"benchmark {name!r}: there is none of this name; known: {', '.join(known)}")
    module = importlib.import_module(known[name].module)
    if options:
        own: click.Command | None = getattr(module, "command", None)
        if own is None:
            raise InputError(f"benchmark {name!r}: takes no {options[0]}; leave it out")
        with own.make_context(f"zhenyan bench {name}", [*options, *(["--json"] if as_json else [])]) as inner:
            own.invoke(inner)
        return
    run = module.run
    if quick and "quick" not in inspect.signature(run).parameters:
        raise InputError(f"benchmark {name!r}: has no quick form; leave --quick out")
    rows: list[dict[str, object]] = run(quick=True) if quick else run()
    if as_json:
        click.echo(report_json(name, rows))
    else:
        print_report(name, rows, open_console())


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A benchmark: its name on the command line, the module whose `run` gives its rows, what it measures."""

    name: str
    module: str
    measures: str


def benchmarks() -> Iterator[Benchmark]:
    """Every benchmark of the packages that entry points of `zhenyan.benchmarks` name, package by package.

    A module with a function `run` is one. Only the packages are imported, for some benchmarks are heavy.
    """
    for package in sorted({point.value for point in entry_points(group=GROUP)}):
        spec = find_spec(package)
        for folder in (spec and spec.submodule_search_locations) or ():
            for path in sorted(Path(folder).glob("*.py")):
                tree = ast.parse(path.read_text(encoding="utf-8"))
                if any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in tree.body):
                    measures = (ast.get_docstring(tree) or "").partition("\n")[0]
                    yield Benchmark(name=path.stem, module=f"{package}.{path.stem}", measures=measures)

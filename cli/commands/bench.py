"""`zhenyan bench`: run a benchmark of `bench/`, ours beside its peer in one run."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import click

import bench
from bench.report import print_report, report_json
from cli.shell.records import InputError
from cli.shell.tables import open_console


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
    known = dict(benchmarks())
    if name is None:
        for each, what in known.items():
            click.echo(f"{each:20} {what}")
        return
    if name not in known:
        raise InputError(f"benchmark {name!r}: there is none of this name; known: {', '.join(known)}")
    module = importlib.import_module(f"bench.{name}")
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


def benchmarks() -> Iterator[tuple[str, str]]:
    """Name and first line of every module of `bench` that has a `run`; none is imported, for some are heavy."""
    for folder in bench.__path__:
        for path in sorted(Path(folder).glob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            if any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in tree.body):
                yield path.stem, (ast.get_docstring(tree) or "").partition("\n")[0]

